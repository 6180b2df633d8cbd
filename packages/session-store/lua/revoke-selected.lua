-- Revokes sessions of a user that an operator has selected.
-- KEYS[1]  the user's sessions
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  the operation as JSON: its id and its public reason
-- ARGV[3]  refuse sign-ins of the user that began at or before this time (ms, by Redis' clock); empty: refuse none
-- ARGV[4]  sessions that were created after this time (ms) stay, unless it is in the future; empty: none stays
-- ARGV[5]  the latest time (ms) at which a session may have been created by now; empty: with no such time
-- ARGV     then the ids of sessions
-- Output   how many live sessions were revoked
-- @include lib/publish
-- @include lib/selected
local key, operation = KEYS[1], cjson.decode(ARGV[2])
if ARGV[3] ~= '' then -- first: the node of a slot that moves cannot write to a hash that has lost its last session
  redis.call('HDEL', key, '') -- there is none; but a full Redis takes other writes only from a script that has deleted
  setNotBefore(key, tonumber(ARGV[3]))
end
local now, before, latest = tonumber(ARGV[1]), tonumber(ARGV[4]), tonumber(ARGV[5])
local live = revokeSelected(key, { unpack(ARGV, 6) }, now, 'operator', nil, operation, before, latest)
if #live > 0 then
  publishRevocation(key, 'operator', { ids = live, operation = operation })
end
return #live
