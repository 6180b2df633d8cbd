-- Revokes every session of the user except the caller's, which must itself still be live.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id of the caller
-- ARGV[2]  SHA-256 of the caller's secret
-- ARGV[3]  now (ms since the epoch)
-- Output   how many live sessions were revoked, -1 when the caller's has ended: nothing was done
-- @include lib/revoke
local now = tonumber(ARGV[3])
local record = redis.call('HGET', KEYS[1], ARGV[1])
local session = liveSession(record, now)
if not session or session.secretHash ~= ARGV[2] then
  return -1
end
return revokeAllExcept(KEYS[1], ARGV[1], now, 'revoke-others', { id = ARGV[1], details = detailsOf(record) })
