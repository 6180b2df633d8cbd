-- Revokes one session.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id
-- ARGV[2]  id of the session that asked for it; empty: none did
-- Output   1 revoked, 0 there is no such session
-- @include lib/events
-- @include lib/publish
local by = summaryOf(KEYS[1], ARGV[2])
local record = EVENTS and redis.call('HGET', KEYS[1], ARGV[1])
local revoked = redis.call('HDEL', KEYS[1], ARGV[1])
if revoked == 1 then
  if record and deadlineOf(record) > 0 then
    appendRevocations('revoke', { ARGV[1] }, { [ARGV[1]] = record }, by)
  end
  publishRevocation(KEYS[1], 'revoke', { ids = { ARGV[1] } }, by)
end
return revoked
