-- Revokes sessions of several users of one node for an operation. One message serves all of them.
-- @include lib/many
-- @include lib/publish
-- @include lib/selected

-- now: ms since the epoch. before, latest: as in lib/selected. Returns two functions. `revoke` revokes sessions of a user. With
-- `recordOf`, the script has just read them: they are live and old enough. `runForEach` reads and calls `run` as in lib/many, and then
-- publishes what was revoked.
local function operationOf(json, now, before, latest)
  local operation, users, isAny = cjson.decode(json), {}, false
  local start = startOfRevocation('operator', nil, operation)
  local function revoke(key, events, ids, recordOf)
    EVENTS = events -- of lib/events, which expects a key
    local found = events and redis.pcall('EXISTS', events)
    if type(found) == 'table' then -- the slot moves and has the stream elsewhere: nothing may be revoked without its event
      return found
    end
    local live = ids
    if recordOf then
      deleteSessions(key, ids)
      if events then
        appendEnded(start, ids, recordOf)
      end
    else
      live = revokeSelected(key, ids, now, 'operator', nil, operation, before, latest)
    end
    if #live > 0 then
      users[key], isAny = live, true
    end
    return #live
  end
  local function runForEach(keys, channel, read, run)
    local isDone, replies = pcall(replyForEach, keys, read, run)
    if isAny then -- also if it broke off: those before are revoked
      publishRevocation(channel, 'operator', { users = users, operation = operation })
    end
    return isDone and replies or error(replies, 0)
  end
  return revoke, runForEach
end
