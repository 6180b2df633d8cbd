-- Adds a session, unless the user's credentials changed after the sign-in began.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id
-- ARGV[2]  record
-- ARGV[3]  now (ms since the epoch)
-- ARGV[4]  when the sign-in began (ms)
-- ARGV[5]  most sessions that a user may have; the one idle for longest makes room
-- ARGV[6]  time until the session's first deadline (ms)
-- Output   1 created, 0 refused: the credentials changed in the meantime
local key, now = KEYS[1], tonumber(ARGV[3])
if tonumber(ARGV[4]) <= notBeforeOf(key) then
  return 0
end

-- HLEN counts the watermark and what cannot be read as well: then the scan below finds less, and ends nobody.
local most = tonumber(ARGV[5])
if redis.call('HLEN', key) >= most then
  local fields, idlest = redis.call('HGETALL', key), {}
  for i = 1, #fields, 2 do
    local session = read(fields[i + 1])
    if session and fields[i] ~= NOT_BEFORE then
      if session.deadline <= now then
        redis.call('HDEL', key, fields[i])
      else
        table.insert(idlest, { id = fields[i], lastSeen = session.lastSeen })
      end
    end
  end
  table.sort(idlest, function(a, b)
    return a.lastSeen < b.lastSeen or (a.lastSeen == b.lastSeen and a.id < b.id)
  end)
  local ended = {}
  for i = 1, #idlest - most + 1 do
    redis.call('HDEL', key, idlest[i].id)
    table.insert(ended, idlest[i].id)
  end
  tellEnded(key, 'cap', ended, { id = ARGV[1], details = string.sub(ARGV[2], 58) })
end

redis.call('HSET', key, ARGV[1], ARGV[2])
keepFor(key, tonumber(ARGV[6]))
tell(key, 'created', ARGV[1])
return 1
