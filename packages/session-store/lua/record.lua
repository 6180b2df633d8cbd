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

-- How many sessions a script looks at one by one, however many the user has: meanwhile Redis answers nobody.
local MOST = 500

-- KEYS[2], for every script: the user's events. Left out, none are kept.
local EVENTS = KEYS[2]
local MOST_EVENTS = 1000
-- How long events wait for whoever takes them; as long stay expired sessions that are to become one (ms).
local WAIT = 30 * 24 * 60 * 60 * 1000
local AFTERLIFE = EVENTS and WAIT or 0
-- No sign-in request lives longer than this, so neither does the watermark that refuses it (ms).
local WATERMARK_LIFE = 24 * 60 * 60 * 1000

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

-- For hundreds of records in a row: makes no table of any. 0 for what is no record.
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

-- Looks at the user's sessions one by one, but for `keep`: at all of them, or at MOST picked at random. `ids` are those
-- looked at; `total` is how many there are, `count` how many are live, as which those count that were not looked at.
local function lookAt(key, now, keep)
  local ids, live, expired, unreadable, recordOf = {}, {}, {}, 0, {}
  local others = redis.call('HEXISTS', key, NOT_BEFORE) + (keep and 1 or 0) -- that take no place of a session
  local fields = redis.call('HRANDFIELD', key, MOST + others, 'WITHVALUES')
  for i = 1, #fields, 2 do
    local id, record = fields[i], fields[i + 1]
    if id ~= keep and id ~= NOT_BEFORE then
      ids[#ids + 1] = id
      recordOf[id] = record
      local deadline = deadlineOf(record)
      if deadline > now then
        live[#live + 1] = id
      elseif deadline > 0 then
        expired[#expired + 1] = id
      else
        unreadable = unreadable + 1
      end
    end
  end
  local total = redis.call('HLEN', key) - others
  local count = total - #expired - unreadable
  return { ids = ids, total = total, count = count, live = live, expired = expired, recordOf = recordOf }
end

-- The key's time to live only tidies up; it never shortens.
local function keepFor(key, milliseconds)
  if redis.call('PTTL', key) < milliseconds then
    redis.call('PEXPIRE', key, milliseconds)
  end
end

-- Sign-ins that began at or before this (ms, by Redis' clock) are refused; 0 for none. Bytes that are no such time count as
-- none: Lua would read 'inf' as a number and lock the user out, and 'nan' would never be replaced.
local function notBeforeOf(key)
  local digits = string.match(redis.call('HGET', key, NOT_BEFORE) or '', '^%d+$')
  return digits and #digits <= 15 and tonumber(digits) or 0
end

-- The watermark never moves back, and outlives any sign-in that can still be on its way. Each change gives another one,
-- so that lower-watermark.lua can tell.
local function setNotBefore(key, notBefore)
  redis.call('HSET', key, NOT_BEFORE, string.format('%.0f', math.max(notBeforeOf(key) + 1, notBefore)))
  keepFor(key, WATERMARK_LIFE)
end

-- Tells those who watch, in the same step as the change itself. The channel bears the name of the key.
-- Whatever is told may be read by every server: session ids and what a list shows, never a secret.
local function tell(key, kind, id)
  redis.call('PUBLISH', key, cjson.encode({ kind = kind, id = id }))
end

-- Of those that ended: either `ids`, or `allBut` the one that stays (cjson.null: none does).
local function tellEnded(key, cause, which, by)
  which.kind, which.cause, which.by = 'ended', cause, by
  redis.call('PUBLISH', key, cjson.encode(which))
end

-- Who did it, as it may be shown: a session and the details of its record. nil when there is none.
local function actor(key, id)
  local record = id ~= '' and redis.call('HGET', key, id)
  return record and { id = id, details = detailsOf(record) } or nil
end

-- `at` (ms) where it happened earlier than now.
local function addEvent(json, at)
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MOST_EVENTS, '*', 'event', json, 'at', at or '')
end

-- Keeps an event in the same step as the change itself. To be called after the change: a full Redis refuses XADD
-- to a script that has deleted nothing yet.
local function keepEvent(event)
  if EVENTS then
    addEvent(cjson.encode(event))
    redis.call('PEXPIRE', EVENTS, WAIT)
  end
end

local function keepEnded(cause, ids, recordOf, by)
  if not EVENTS or #ids == 0 then
    return
  end
  local start = string.sub(cjson.encode({ kind = 'ended', cause = cause, by = by }), 1, -2) -- the same for all of them
  for _, id in ipairs(ids) do
    local record = recordOf[id]
    local session = cjson.encode({ id = id, details = detailsOf(record) })
    addEvent(start .. ',"session":' .. session .. '}', cause == 'expired' and string.format('%.0f', deadlineOf(record)))
  end
  redis.call('PEXPIRE', EVENTS, WAIT)
end

-- Deletes sessions whose time is up, which becomes known only now.
local function expire(key, ids, recordOf)
  delete(key, ids)
  keepEnded('expired', ids, recordOf)
end

-- Whether the user's slot is on its way to another node of a Cluster: then this one knows of no key that is not there,
-- so that one which vanishes cannot be written again.
local function isMoving(key)
  return type(redis.pcall('EXISTS', key .. ':none')) == 'table'
end

-- Deletes every session but `keep`, as quickly however many there are: the hash goes as a whole, and what stays is put back.
local function deleteAllBut(key, keep)
  local staying, expiresAt = {}, redis.call('PEXPIRETIME', key)
  for _, field in ipairs({ NOT_BEFORE, keep }) do
    local value = redis.call('HGET', key, field)
    if value then
      staying[#staying + 1] = field
      staying[#staying + 1] = value
    end
  end
  if #staying > 0 and isMoving(key) then -- one by one; to move such a hash keeps Redis for longer
    local ids = {}
    for _, field in ipairs(redis.call('HKEYS', key)) do
      if field ~= NOT_BEFORE and field ~= keep then
        ids[#ids + 1] = field
      end
    end
    return delete(key, ids)
  end
  redis.call('UNLINK', key) -- before any other write: a full Redis takes those only from a script that has deleted
  if #staying > 0 then
    redis.call('HSET', key, unpack(staying))
    if expiresAt > 0 then
      redis.call('PEXPIREAT', key, expiresAt)
    end
  end
end

-- Deletes every session but `keep` (nil: all of them), and answers how many were live. Those that were not looked at
-- leave no event; all are told of.
local function endSessions(key, keep, now, cause, by)
  local found = lookAt(key, now, keep)
  if #found.ids == found.total then
    delete(key, found.ids)
  else
    deleteAllBut(key, keep)
  end
  keepEnded('expired', found.expired, found.recordOf)
  keepEnded(cause, found.live, found.recordOf, by)
  if found.count > 0 then
    tellEnded(key, cause, { allBut = keep or cjson.null }, by)
  end
  return found.count
end
