-- Reads events of a user that wait, the oldest first.
-- KEYS[1]  the user's events
-- ARGV[1]  read those after this id; empty: from the first one
-- ARGV[2]  how many at most
-- Output   the id and the JSON of each
local ids = redis.call('HKEYS', KEYS[1])
table.sort(ids)
local reply = {}
for _, id in ipairs(ids) do
  if #reply == 2 * tonumber(ARGV[2]) then
    break
  end
  if id > ARGV[1] then
    reply[#reply + 1] = id
    reply[#reply + 1] = redis.call('HGET', KEYS[1], id)
  end
end
return reply
