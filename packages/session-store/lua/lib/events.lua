-- Appends events to those of the user that wait, in the same step as the change. Without KEYS[2], there are none.
-- Append after the change: a full Redis refuses HSET to a script that has deleted nothing yet.
-- @include lib/record
local EVENTS = KEYS[2]
local MAX_EVENTS = 1000
-- How many more there may be until the oldest are removed: to find these, all ids are read.
local MOST_BEYOND = 100
-- How long events wait after the latest one until someone acknowledges them.
local EVENT_RETENTION_MS = 30 * 24 * 60 * 60 * 1000
-- How long expired sessions stay, because each has yet to become an event.
local EXPIRED_RETENTION_MS = EVENTS and EVENT_RETENTION_MS or 0

local function removeOldest()
  local ids = redis.call('HKEYS', EVENTS)
  table.sort(ids)
  redis.call('HDEL', EVENTS, unpack(ids, 1, #ids - MAX_EVENTS))
end

-- The time in ms and a number, each of a fixed length, so that ids compare as text. The number begins with the microseconds: an id
-- whose event is gone comes back only if the clock goes back and meets the same microsecond.
local nextId
do
  local ms, number
  nextId = function()
    if ms then
      number = number + 1
    else
      local seconds, microseconds = unpack(redis.call('TIME'))
      ms, number = seconds * 1000 + math.floor(microseconds / 1000), microseconds % 1000 * 1000
    end
    return string.format('%015.0f-%06.0f', ms, number)
  end
end

local function addEvent(json)
  local waiting, id = redis.call('HLEN', EVENTS), nextId()
  while waiting > 0 and redis.call('HEXISTS', EVENTS, id) == 1 do -- the clock went back
    id = nextId()
  end
  redis.call('HSET', EVENTS, id, json)
  if waiting >= MAX_EVENTS + MOST_BEYOND then
    removeOldest()
  end
end

local function appendEvent(event)
  if EVENTS then
    addEvent(cjson.encode(event))
    redis.call('PEXPIRE', EVENTS, EVENT_RETENTION_MS)
  end
end

-- Returns what the events of one revocation have in common.
-- operation: That of the operator who revoked them.
local function startOfRevocation(cause, by, operation)
  return string.sub(cjson.encode({ kind = 'ended', cause = cause, by = by, operation = operation }), 1, -2)
end

local function appendEnded(start, ids, recordOf, isExpired)
  for _, id in ipairs(ids) do
    local record = recordOf[id]
    local session = cjson.encode({ id = id, details = detailsOf(record) })
    local at = isExpired and string.format(',"at":%.0f', deadlineOf(record)) or ''
    addEvent(start .. at .. ',"session":' .. session .. '}')
  end
  redis.call('PEXPIRE', EVENTS, EVENT_RETENTION_MS)
end

local function appendRevocations(cause, ids, recordOf, by, operation)
  if EVENTS and #ids > 0 then
    appendEnded(startOfRevocation(cause, by, operation), ids, recordOf, cause == 'expired')
  end
end
