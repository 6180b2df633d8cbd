-- Ends every session of the user but the calling one, which must itself still be live.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id of the caller
-- ARGV[2]  SHA-256 of the caller's secret
-- ARGV[3]  now (ms since the epoch)
-- Output   how many live sessions ended, -1 when the caller's has ended: nothing was done
local now = tonumber(ARGV[3])
local record = redis.call('HGET', KEYS[1], ARGV[1])
local session = live(record, now)
if not session or session.hash ~= ARGV[2] then
  return -1
end
return endSessions(KEYS[1], ARGV[1], now, 'revoke-others', { id = ARGV[1], details = detailsOf(record) })
