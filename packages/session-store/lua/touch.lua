-- Records activity: moves last seen and the idle deadline of a live session.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id
-- ARGV[2]  now (ms since the epoch)
-- ARGV[3]  idle timeout (ms)
-- ARGV[4]  touch interval (ms): nothing is written when the last activity is more recent
-- Output   1 written, 0 not due, or the session has ended
local key, now = KEYS[1], tonumber(ARGV[2])
local record = redis.call('HGET', key, ARGV[1])
local session = live(record, now)
if not session or now - session.lastSeen < tonumber(ARGV[4]) then
  return 0
end
local idle = math.min(now + tonumber(ARGV[3]), session.absolute)
redis.call('HSET', key, ARGV[1], string.sub(record, 1, 39) .. struct.pack('>I6I6', now, idle) .. string.sub(record, 52))
keepFor(key, idle - now + AFTERLIFE)
tell(key, 'seen', ARGV[1])
return 1
