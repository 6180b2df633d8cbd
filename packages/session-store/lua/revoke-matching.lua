-- Revokes the sessions of several users of one node that a filter selects, where a prefilter is sure of that.
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  the operation as JSON: its id and its public reason
-- ARGV[3]  the channel of all users
-- ARGV[4]  sessions that were created after this time (ms) stay, unless it is in the future
-- ARGV[5]  the latest time (ms) at which a session may have been created by now
-- ARGV[6]  id of a session that stays; empty: none
-- ARGV[7]  the prefilter as JSON: `Prefilter` in src/operator/prefilter.ts
-- ARGV[8]  most users whose sessions it revokes
-- ARGV[9]  most sessions that it revokes
-- ARGV[10] what the key of a user's events has in place of "sessions"; empty: there are no events
-- ARGV     then the key of each user's sessions
-- Output   For each user, how many sessions were live, and how many of them were revoked unless none was. Or an error: see
--          lib/many. It also stands for a user of whom the prefilter is not sure, or who has more sessions than it
--          may revoke.
-- @include lib/operation
-- @include lib/prefilter
local now, keep, maySelect = tonumber(ARGV[1]), ARGV[6], compilePrefilter(ARGV[7])
local before, latest, maxUsers, maxSessions = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[8]), tonumber(ARGV[9])
local revoke, runForEach = operationOf(ARGV[2], now, before, latest)
local users, sessions = 0, 0

local function eventsOf(key)
  return ARGV[10] ~= '' and string.sub(key, 1, -#'sessions' - 1) .. ARGV[10]
end

return runForEach({ unpack(ARGV, 11) }, ARGV[3], readHash, function(key, _, fields)
  local live, ids, recordOf = 0, {}, {}
  for i = 1, #fields, 2 do
    local id, record = fields[i], fields[i + 1]
    if deadlineOf(record) > now then
      live = live + 1
      local may, isSure = maySelect(record)
      if may and not isSure then
        return redis.error_reply('ERR not sure')
      end
      if may and id ~= keep and mayBeOlder(record, before, latest) then
        ids[#ids + 1] = id
        recordOf[id] = record
      end
    end
  end
  if #ids == 0 then
    return live
  end
  if #ids > maxSessions then
    return redis.error_reply('ERR too many sessions')
  end
  if users == maxUsers or sessions + #ids > maxSessions then
    return nil
  end
  users, sessions = users + 1, sessions + #ids
  local revoked = revoke(key, eventsOf(key), ids, recordOf)
  return type(revoked) == 'table' and revoked or { live, revoked }
end)
