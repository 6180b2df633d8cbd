-- Gives a live session a new secret under the same id. As a credential change it also revokes
-- the user's other sessions and refuses sign-ins that began before it.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id
-- ARGV[2]  SHA-256 of the current secret
-- ARGV[3]  SHA-256 of the new secret
-- ARGV[4]  now (ms since the epoch)
-- ARGV[5]  when the credentials changed, by Redis' clock (ms); empty: not a credential change
-- ARGV[6]  when the person has last proved who they are (ms); empty: as before
-- ARGV[7]  name of an event to append after the revocations; empty: none
-- ARGV[8]  the details as they were read; empty: they stay
-- ARGV[9]  the details to write; empty: they stay
-- Output   How many other sessions were revoked. -1: this one was revoked, has expired or was rotated before. -2: its details
--          changed in the meantime, so read again.
-- @include lib/revoke
local key, now = KEYS[1], tonumber(ARGV[4])
local record = redis.call('HGET', key, ARGV[1])
local session = liveSession(record, now)
-- This very rotation: a Cluster client whose connection broke before the reply sends it again.
if session and session.secretHash == ARGV[3] then
  return 0
end
if not session or session.secretHash ~= ARGV[2] then
  return -1
end
local rotated = withSecret(record, ARGV[3], tonumber(ARGV[6]))
if ARGV[8] ~= '' then
  if detailsOf(record) ~= ARGV[8] then
    return -2
  end
  rotated = withDetails(rotated, ARGV[9])
end
redis.call('HSET', key, ARGV[1], rotated)
publish(key, 'rotated', ARGV[1])
local by, revoked = { id = ARGV[1], details = detailsOf(record) }, 0
if ARGV[5] ~= '' then
  revoked = revokeAllExcept(key, ARGV[1], now, 'credential-change', by)
  setNotBefore(key, tonumber(ARGV[5]))
end
if ARGV[7] ~= '' then
  appendEvent({ kind = 'noted', name = ARGV[7], by = by })
end
return revoked
