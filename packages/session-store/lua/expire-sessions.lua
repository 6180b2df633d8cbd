-- Deletes the sessions that have expired, each of which becomes an event. One call covers about MAX_SCANNED sessions.
-- KEYS[1]  the user's sessions
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  where to continue; 0: at the beginning
-- Output   where the next call continues; 0: this was the last one
-- @include lib/delete
-- @include lib/scan
local now = tonumber(ARGV[1])
local cursor, fields = unpack(redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', MAX_SCANNED))
local expired, recordOf = {}, {}
for i = 1, #fields, 2 do
  local id, record = fields[i], fields[i + 1]
  local deadline = id == NOT_BEFORE and 0 or deadlineOf(record)
  if deadline > 0 and deadline <= now then
    expired[#expired + 1] = id
    recordOf[id] = record
  end
end
deleteExpired(KEYS[1], expired, recordOf)
return cursor
