-- Deletes the sessions that have expired, each of which becomes an event.
-- KEYS[1]  the user's sessions
-- ARGV[1]  now (ms since the epoch)
-- Output   how many had expired
local now = tonumber(ARGV[1])
local fields = redis.call('HGETALL', KEYS[1])
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
return #expired
