-- Revokes every session of the user. As a credential change it also refuses sign-ins that began
-- before it. An earlier watermark stays: a sign-in that it refuses may still be on its way.
-- KEYS[1]  the user's sessions
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  when the credentials changed, by Redis' clock (ms); empty: not a credential change
-- ARGV[3]  id of the session that asked for it; empty: none did
-- ARGV[4]  name of an event to append after the revocations; empty: none
-- ARGV[5]  details of the client that caused that event, when no session asked for it
-- Output   how many live sessions were revoked
-- @include lib/revoke
local key, now = KEYS[1], tonumber(ARGV[1])
local by = summaryOf(key, ARGV[3])
local isCredentialChange = ARGV[2] ~= ''
if isCredentialChange and isSlotMigrating(key) then -- so that the key does not vanish
  redis.call('HDEL', key, '') -- there is none; but a full Redis takes other writes only from a script that has deleted
  setNotBefore(key, tonumber(ARGV[2]))
end
local revoked = revokeAllExcept(key, nil, now, isCredentialChange and 'credential-change' or 'revoke-all', by)
if isCredentialChange then
  setNotBefore(key, tonumber(ARGV[2]))
end
if ARGV[4] ~= '' then
  appendEvent({ kind = 'noted', name = ARGV[4], by = by or { id = '', details = ARGV[5] } })
end
return revoked
