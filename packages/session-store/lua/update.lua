-- Replaces the application's data of a live session, if its details are still those that were read.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id
-- ARGV[2]  SHA-256 of the secret
-- ARGV[3]  now (ms since the epoch)
-- ARGV[4]  the details as they were read
-- ARGV[5]  the details to write
-- Output   1 written, 0 changed or ended in the meantime: read again
-- @include lib/publish
local record = redis.call('HGET', KEYS[1], ARGV[1])
local session = liveSession(record, tonumber(ARGV[3]))
if not session or session.secretHash ~= ARGV[2] or detailsOf(record) ~= ARGV[4] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], withDetails(record, ARGV[5]))
publish(KEYS[1], 'updated', ARGV[1])
return 1
