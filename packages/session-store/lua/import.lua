-- Adds a session of another store, once. A repetition adds nothing, even if the session has ended since. A credential change
-- after the session was created refuses it.
-- KEYS[1]  the user's sessions
-- KEYS[2]  the ids of the user's imported sessions
-- ARGV[1]  session id
-- ARGV[2]  record
-- ARGV[3]  time until the session's first deadline (ms)
-- Output   1 added, 0 imported before, -1 refused
-- @include lib/imported
-- @include lib/publish
-- @include lib/watermark
local key, lifetime = KEYS[1], tonumber(ARGV[3])
if createdAtOf(ARGV[2]) <= notBeforeOf(key) then
  return -1
end
if not recordImport(ARGV[1], lifetime) then
  return 0
end
redis.call('HSET', key, ARGV[1], ARGV[2])
keepAtLeast(key, lifetime)
publish(key, 'created', ARGV[1])
return 1
