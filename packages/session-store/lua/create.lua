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
-- Where events are kept, every sign-in looks for sessions that have expired since.
local most = tonumber(ARGV[5])
local details = detailsOf(ARGV[2])
if EVENTS or redis.call('HLEN', key) >= most then
  local fields = redis.call('HGETALL', key)
  local expired, ended, idlest, lastSeen, recordOf = {}, {}, {}, {}, {}
  for i = 1, #fields, 2 do
    local id, record = fields[i], fields[i + 1]
    recordOf[id] = record
    local deadline = id == NOT_BEFORE and 0 or deadlineOf(record)
    if deadline > now then
      idlest[#idlest + 1] = id
      lastSeen[id] = struct.unpack('>I6', record, 40)
    elseif deadline > 0 then
      expired[#expired + 1] = id
    end
  end
  local function idler(a, b)
    return lastSeen[a] < lastSeen[b] or (lastSeen[a] == lastSeen[b] and a < b)
  end
  local excess = #idlest - most + 1
  if excess > 1 then -- the cap has been lowered
    table.sort(idlest, idler)
  else
    for i = 2, #idlest do
      if idler(idlest[i], idlest[1]) then
        idlest[1], idlest[i] = idlest[i], idlest[1]
      end
    end
  end
  for i = 1, excess do
    ended[i] = idlest[i]
  end
  local by = { id = ARGV[1], details = details }
  expire(key, expired, recordOf)
  delete(key, ended)
  keepEnded('cap', ended, recordOf, by)
  tellEnded(key, 'cap', ended, by)
end

redis.call('HSET', key, ARGV[1], ARGV[2])
keepFor(key, tonumber(ARGV[6]) + AFTERLIFE)
keepEvent({ kind = 'created', session = { id = ARGV[1], details = details } })
tell(key, 'created', ARGV[1])
return 1
