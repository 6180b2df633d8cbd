-- Adds a session, unless the user's credentials changed after the sign-in began. It may take the place of a session of the
-- same browser, whose id it keeps.
-- KEYS[1]  the user's sessions
-- ARGV[1]  session id
-- ARGV[2]  record
-- ARGV[3]  now (ms since the epoch)
-- ARGV[4]  when the sign-in began, by Redis' clock (ms); empty: with this step
-- ARGV[5]  most sessions that a user may have; beyond it, the scanned session that is idle for longest makes room
-- ARGV[6]  time until the session's first deadline (ms)
-- ARGV[7]  SHA-256 of the current secret of the session with that id, whose place it takes; empty: it takes no place
-- Output   0: created. -1: the session whose place it takes was revoked, has expired or was rotated before. Else the watermark
--          (ms) that refuses it: the credentials changed in the meantime.
-- @include lib/delete
-- @include lib/publish
-- @include lib/scan
local key, now = KEYS[1], tonumber(ARGV[3])
local notBefore = notBeforeOf(key)
if ARGV[4] ~= '' and notBefore > 0 and tonumber(ARGV[4]) <= notBefore then
  return notBefore
end
local renewed = ARGV[7] ~= '' and liveSession(redis.call('HGET', key, ARGV[1]), now)
-- This very sign-in: a Cluster client whose connection broke before the reply sends it again.
if renewed and renewed.secretHash == secretHashOf(ARGV[2]) then
  return 0
end
if ARGV[7] ~= '' and not (renewed and renewed.secretHash == ARGV[7]) then
  return -1
end

-- HLEN also counts the watermark and unreadable records: then the scan finds fewer sessions, and none has to make room.
-- With events, every sign-in scans for sessions that have expired since.
local most = tonumber(ARGV[5])
local details = detailsOf(ARGV[2])
if EVENTS or redis.call('HLEN', key) >= most then
  local found = scanSessions(key, now, renewed and ARGV[1] or nil)
  local idlest, recordOf, lastSeenAt, revoked = found.live, found.recordOf, {}, {}
  local excess = found.count - most + 1
  if #idlest < found.count then -- some were not scanned, and may have expired
    local share = math.ceil(excess * #idlest / found.count) + 1 -- more than in proportion, so that a lowered cap is reached
    excess = #found.expired > 0 and 0 or math.min(excess, share, #idlest)
  end
  for _, id in ipairs(excess > 0 and idlest or {}) do
    lastSeenAt[id] = lastSeenAtOf(recordOf[id])
  end
  local function isIdler(a, b)
    return lastSeenAt[a] < lastSeenAt[b] or (lastSeenAt[a] == lastSeenAt[b] and a < b)
  end
  if excess > 1 then -- the cap has been lowered
    table.sort(idlest, isIdler)
  elseif excess == 1 then
    for i = 2, #idlest do
      if isIdler(idlest[i], idlest[1]) then
        idlest[1], idlest[i] = idlest[i], idlest[1]
      end
    end
  end
  for i = 1, excess do
    revoked[i] = idlest[i]
  end
  local by = { id = ARGV[1], details = details }
  deleteExpired(key, found.expired, recordOf)
  deleteSessions(key, revoked)
  appendRevocations('cap', revoked, recordOf, by)
  if #revoked > 0 then
    publishRevocation(key, 'cap', { ids = revoked }, by)
  end
end

redis.call('HSET', key, ARGV[1], ARGV[2])
keepAtLeast(key, tonumber(ARGV[6]) + EXPIRED_RETENTION_MS)
appendEvent({ kind = 'created', session = { id = ARGV[1], details = details } })
publish(key, renewed and 'rotated' or 'created', ARGV[1])
return 0
