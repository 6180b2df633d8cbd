-- Adds a session, unless the user's credentials changed after the sign-in began.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id
-- ARGV[2]  record
-- ARGV[3]  now (ms since the epoch)
-- ARGV[4]  when the sign-in began, by Redis' clock (ms); empty: with this step
-- ARGV[5]  most sessions that a user may have; of those looked at, the one idle for longest makes room
-- ARGV[6]  time until the session's first deadline (ms)
-- Output   0 created; else the watermark (ms) that refuses it: the credentials changed in the meantime
local key, now = KEYS[1], tonumber(ARGV[3])
local notBefore = notBeforeOf(key)
if ARGV[4] ~= '' and notBefore > 0 and tonumber(ARGV[4]) <= notBefore then
  return notBefore
end

-- HLEN counts the watermark and what cannot be read as well: then the look below finds less, and ends nobody.
-- Where events are kept, every sign-in looks for sessions that have expired since.
local most = tonumber(ARGV[5])
local details = detailsOf(ARGV[2])
if EVENTS or redis.call('HLEN', key) >= most then
  local found = lookAt(key, now)
  local idlest, recordOf, lastSeen, ended = found.live, found.recordOf, {}, {}
  local excess = found.count - most + 1
  if #idlest < found.count then -- some were not looked at, and may have expired
    local share = math.ceil(excess * #idlest / found.count) + 1 -- more than in proportion, so that a lowered cap is reached
    excess = #found.expired > 0 and 0 or math.min(excess, share, #idlest)
  end
  for _, id in ipairs(excess > 0 and idlest or {}) do
    lastSeen[id] = struct.unpack('>I6', recordOf[id], 40)
  end
  local function idler(a, b)
    return lastSeen[a] < lastSeen[b] or (lastSeen[a] == lastSeen[b] and a < b)
  end
  if excess > 1 then -- the cap has been lowered
    table.sort(idlest, idler)
  elseif excess == 1 then
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
  expire(key, found.expired, recordOf)
  delete(key, ended)
  keepEnded('cap', ended, recordOf, by)
  if #ended > 0 then
    tellEnded(key, 'cap', { ids = ended }, by)
  end
end

redis.call('HSET', key, ARGV[1], ARGV[2])
keepFor(key, tonumber(ARGV[6]) + AFTERLIFE)
keepEvent({ kind = 'created', session = { id = ARGV[1], details = details } })
tell(key, 'created', ARGV[1])
return 0
