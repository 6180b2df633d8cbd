-- Reads events of a user that wait, the oldest first.
-- KEYS[1]  the user's events
-- ARGV[1]  read those after this id; empty: from the first one
-- ARGV[2]  how many at most
-- Output   the id and the JSON of each
local after, most = ARGV[1], tonumber(ARGV[2])
local ids, wanted, reply = redis.call('HKEYS', KEYS[1]), {}, {}
table.sort(ids)
for _, id in ipairs(ids) do
  if id > after and #wanted < most then
    wanted[#wanted + 1] = id
  end
end
local events = #wanted > 0 and redis.call('HMGET', KEYS[1], unpack(wanted)) or {}
for i, id in ipairs(wanted) do
  reply[2 * i - 1], reply[2 * i] = id, events[i]
end
return reply
