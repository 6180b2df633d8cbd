-- Deletes the sessions that have expired, each of which becomes an event. It goes through them in parts, of MOST or a
-- few more.
-- KEYS[1]  the user's sessions
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  where to go on; 0: at the beginning
-- Output   where the next part begins; 0: this was the last one
local now = tonumber(ARGV[1])
local cursor, fields = unpack(redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', MOST))
local expired, recordOf = {}, {}
for i = 1, #fields, 2 do
  local id, record = fields[i], fields[i + 1]
  local deadline = id == NOT_BEFORE and 0 or deadlineOf(record)
  if deadline > 0 and deadline <= now then
    expired[#expired + 1] = id
    recordOf[id] = record
  end
end
expire(KEYS[1], expired, recordOf)
return cursor
