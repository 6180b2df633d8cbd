-- Removes a session that has moved to another store, if it is still as it was read. Publishes nothing and appends no event.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id
-- ARGV[2]  the record as it was read
-- Output   nil if it was removed; else the record as it is now, empty for one that is gone
local record = redis.call('HGET', KEYS[1], ARGV[1])
if record ~= ARGV[2] then
  return record or ''
end
redis.call('HDEL', KEYS[1], ARGV[1])
return nil
