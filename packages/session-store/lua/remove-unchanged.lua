-- Removes a session that has moved to another store, if it is still as it was read. A repetition by the client removes nothing,
-- and replies alike. Publishes nothing and appends no event.
-- KEYS[1]  the user's sessions
-- KEYS[2]  the user's sessions that were exported a moment ago
-- ARGV[1]  session id
-- ARGV[2]  the record as it was read
-- ARGV[3]  id of the call
-- Output   nil if this call has removed it; else the record as it is now, empty for one that is gone
-- @include lib/exported
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record and isExportedBy(ARGV[1], ARGV[3]) then
  return nil
end
if record ~= ARGV[2] then
  return record or ''
end
redis.call('HDEL', KEYS[1], ARGV[1])
recordExport(ARGV[1], ARGV[3])
return nil
