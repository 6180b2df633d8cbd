-- Shared by every script that reads a record: it is put in front of each of them.
-- Record layout, all integers big-endian (written by src/record.ts):
--   1      version, always 1
--   2-33   SHA-256 of the secret
--   34-39  created at       (ms since the epoch)
--   40-45  last seen at     (ms)
--   46-51  idle deadline    (ms)
--   52-57  absolute deadline (ms)
--   58-63  authenticated at (ms)
--   64-    details: user id, address, user agent, data of the application
-- A record that does not read as this is never valid and never written to.
local NOT_BEFORE = '!notBefore'

-- KEYS[2], for every script: the user's events. Left out, none are kept.
local EVENTS = KEYS[2]
local MOST_EVENTS = 1000
-- How long events wait for whoever takes them; as long stay expired sessions that are to become one (ms).
local WAIT = 30 * 24 * 60 * 60 * 1000
local AFTERLIFE = EVENTS and WAIT or 0

local function read(record)
  if not record or #record < 64 or string.byte(record, 1) ~= 1 then
    return nil
  end
  local lastSeen, idle, absolute = struct.unpack('>I6I6I6', record, 40)
  return { hash = string.sub(record, 2, 33), lastSeen = lastSeen, absolute = absolute, deadline = math.min(idle, absolute) }
end

local function live(record, now)
  local session = read(record)
  return session and session.deadline > now and session or nil
end

local function detailsOf(record)
  return string.sub(record, 64)
end

-- For thousands of records in a row: makes no table of any. 0 for what is no record.
local function deadlineOf(record)
  if #record < 64 or string.byte(record, 1) ~= 1 then
    return 0
  end
  local idle, absolute = struct.unpack('>I6I6', record, 46)
  return math.min(idle, absolute)
end

-- Many in one command, and no more than fit on the stack of Lua.
local function delete(key, ids)
  for i = 1, #ids, 1000 do
    redis.call('HDEL', key, unpack(ids, i, math.min(i + 999, #ids)))
  end
end

-- The key's time to live only tidies up; it never shortens.
local function keepFor(key, milliseconds)
  if redis.call('PTTL', key) < milliseconds then
    redis.call('PEXPIRE', key, milliseconds)
  end
end

-- Sign-ins that began at or before this (ms) are refused; 0 for none. Bytes that are no such time count as
-- none: Lua would read 'inf' as a number and lock the user out, and 'nan' would never be replaced.
local function notBeforeOf(key)
  local digits = string.match(redis.call('HGET', key, NOT_BEFORE) or '', '^%d+$')
  return digits and #digits <= 15 and tonumber(digits) or 0
end

-- The watermark never moves back, and outlives any sign-in that can still be on its way.
local function setNotBefore(key, notBefore, keepMilliseconds)
  redis.call('HSET', key, NOT_BEFORE, string.format('%.0f', math.max(notBeforeOf(key), notBefore)))
  keepFor(key, keepMilliseconds)
end

-- Tells those who watch, in the same step as the change itself. The channel bears the name of the key.
-- Whatever is told may be read by every server: session ids and what a list shows, never a secret.
local function tell(key, kind, id)
  redis.call('PUBLISH', key, cjson.encode({ kind = kind, id = id }))
end

local function tellEnded(key, cause, ids, by)
  if #ids > 0 then
    redis.call('PUBLISH', key, cjson.encode({ kind = 'ended', cause = cause, ids = ids, by = by }))
  end
end

-- Who did it, as it may be shown: a session and the details of its record. nil when there is none.
local function actor(key, id)
  local record = id ~= '' and redis.call('HGET', key, id)
  return record and { id = id, details = detailsOf(record) } or nil
end

-- Keeps an event in the same step as the change itself; `at` (ms) where it happened earlier than now. To be
-- called after the change: a full Redis refuses XADD to a script that has deleted nothing yet.
local function keepEvent(event, at)
  if EVENTS then
    redis.call('XADD', EVENTS, 'MAXLEN', '~', MOST_EVENTS, '*', 'event', cjson.encode(event), 'at', at or '')
    redis.call('PEXPIRE', EVENTS, WAIT)
  end
end

local function keepEnded(cause, ids, recordOf, by)
  for _, id in ipairs(EVENTS and ids or {}) do
    local session = { id = id, details = detailsOf(recordOf[id]) }
    local at = cause == 'expired' and string.format('%.0f', deadlineOf(recordOf[id])) or nil
    keepEvent({ kind = 'ended', cause = cause, session = session, by = by }, at)
  end
end

-- Deletes sessions whose time is up, which becomes known only now.
local function expire(key, ids, recordOf)
  delete(key, ids)
  keepEnded('expired', ids, recordOf)
end

-- Deletes every session but `keep` (nil: all of them), and tells of those that were live; answers how many.
local function endSessions(key, keep, now, cause, by)
  local fields = redis.call('HGETALL', key)
  local unreadable, expired, ended, recordOf = {}, {}, {}, {}
  for i = 1, #fields, 2 do
    local id, record = fields[i], fields[i + 1]
    if id ~= keep and id ~= NOT_BEFORE then
      local deadline = deadlineOf(record)
      local kind = deadline > now and ended or deadline > 0 and expired or unreadable
      kind[#kind + 1] = id
      recordOf[id] = record
    end
  end
  expire(key, expired, recordOf)
  delete(key, unreadable)
  delete(key, ended)
  keepEnded(cause, ended, recordOf, by)
  tellEnded(key, cause, ended, by)
  return #ended
end
