-- Revokes sessions of several users of one node that an operator has selected.
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  the operation as JSON: its id and its public reason
-- ARGV[3]  the channel of all users
-- ARGV[4]  sessions that were created after this time (ms) stay, unless it is in the future
-- ARGV[5]  the latest time (ms) at which a session may have been created by now
-- ARGV[6]  per user as JSON: the key of the sessions, the ids to revoke, and the key of the events if there are any
-- Output   for each user how many live sessions were revoked, or an error; see lib/many
-- @include lib/operation
local users, keys = cjson.decode(ARGV[6]), {}
local revoke, runForEach = operationOf(ARGV[2], tonumber(ARGV[1]), tonumber(ARGV[4]), tonumber(ARGV[5]))
for i, user in ipairs(users) do
  keys[i] = user.key
end
return runForEach(keys, ARGV[3], sizeOf, function(key, i)
  return revoke(key, users[i].events, users[i].ids)
end)
