-- Revokes sessions of a user that an operator has selected.
-- KEYS[1]  the user's sessions
-- ARGV[1]  the operation as JSON: its id and its public reason
-- ARGV[2]  refuse sign-ins of the user that began at or before this time (ms, by Redis' clock); empty: refuse none
-- ARGV     then the ids of sessions
-- Output   how many were revoked
-- @include lib/selected
local key = KEYS[1]
local revoked = revokeSelected(key, { unpack(ARGV, 3) }, cjson.decode(ARGV[1]))
if ARGV[2] ~= '' then
  redis.call('HDEL', key, '') -- there is none; but a full Redis takes other writes only from a script that has deleted
  setNotBefore(key, tonumber(ARGV[2]))
end
return revoked
