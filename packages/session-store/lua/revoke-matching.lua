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
-- ARGV     then the keys of each user: the sessions, and the events or an empty text
-- Output   for each user how many sessions were live, and how many of them were revoked, or an error; see lib/many. An error
--          also stands for a user of whom the prefilter is not sure, or who has more sessions than it may revoke.
-- @include lib/operation
-- @include lib/prefilter
local now, keep, maySelect = tonumber(ARGV[1]), ARGV[6], compilePrefilter(ARGV[7])
local maxUsers, maxSessions = tonumber(ARGV[8]), tonumber(ARGV[9])
local revoke, runForEach = operationOf(ARGV[2], now, tonumber(ARGV[4]), tonumber(ARGV[5]))
local keys, events, users, sessions = {}, {}, 0, 0
for i = 10, #ARGV, 2 do
  keys[#keys + 1] = ARGV[i]
  events[#events + 1] = ARGV[i + 1]
end

return runForEach(keys, ARGV[3], function(key, n)
  local fields, live, ids = redis.call('HGETALL', key), 0, {}
  for i = 1, #fields, 2 do
    local id, record = fields[i], fields[i + 1]
    if deadlineOf(record) > now then
      live = live + 1
      local may, isSure = maySelect(record)
      if may and not isSure then
        return redis.error_reply('ERR not sure')
      end
      if may and id ~= keep then
        ids[#ids + 1] = id
      end
    end
  end
  if #ids == 0 then
    return { live, 0 }
  end
  if #ids > maxSessions then
    return redis.error_reply('ERR too many sessions')
  end
  if users == maxUsers or sessions + #ids > maxSessions then
    return nil
  end
  users, sessions = users + 1, sessions + #ids
  local revoked = revoke(key, events[n] ~= '' and events[n], ids)
  return type(revoked) == 'table' and revoked or { live, revoked }
end)
