-- Records the last use: moves last seen and the idle deadline of a live session.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id
-- ARGV[2]  now (ms since the epoch)
-- ARGV[3]  idle timeout (ms)
-- ARGV[4]  touch interval (ms): nothing is written when the last use is more recent
-- Output   1 written, 0 not due, or the session has ended
-- @include lib/events
-- @include lib/publish
-- @include lib/ttl
local key, now = KEYS[1], tonumber(ARGV[2])
local record = redis.call('HGET', key, ARGV[1])
local session = liveSession(record, now)
if not session or now - session.lastSeenAt < tonumber(ARGV[4]) then
  return 0
end
local idleDeadline = math.min(now + tonumber(ARGV[3]), session.absoluteDeadline)
redis.call('HSET', key, ARGV[1], withActivity(record, now, idleDeadline))
keepAtLeast(key, idleDeadline - now + EXPIRED_RETENTION_MS)
publish(key, 'seen', ARGV[1])
return 1
