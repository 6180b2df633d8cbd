-- Revokes sessions of several users of one node that an operator has selected.
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  the operation as JSON: its id and its public reason
-- ARGV[3]  sessions that were created after this time (ms) stay, unless it is in the future
-- ARGV[4]  the latest time (ms) at which a session may have been created by now
-- ARGV[5]  per user as JSON: the key of the sessions, the ids to revoke, and the key of the events if there are any
-- Output   for each user how many live sessions were revoked, or an error; see lib/many
-- @include lib/many
-- @include lib/selected
local now, operation, users, keys = tonumber(ARGV[1]), cjson.decode(ARGV[2]), cjson.decode(ARGV[5]), {}
local before, latest = tonumber(ARGV[3]), tonumber(ARGV[4])
for i, user in ipairs(users) do
  keys[i] = user.key
end
return replyForEach(keys, function(key, i)
  EVENTS = users[i].events -- of lib/events, which expects a key
  local found = EVENTS and redis.pcall('EXISTS', EVENTS)
  if type(found) == 'table' then -- the slot moves and has the stream elsewhere: nothing may be revoked without its event
    return found
  end
  return revokeSelected(key, users[i].ids, now, 'operator', nil, operation, before, latest)
end)
