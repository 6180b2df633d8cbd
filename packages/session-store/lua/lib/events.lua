-- Appends events to the user's stream in the same step as the change. Without KEYS[2], there is no stream and no event.
-- Append after the change: a full Redis refuses XADD to a script that has deleted nothing yet.
-- @include lib/record
local EVENTS = KEYS[2]
local MAX_EVENTS = 1000
-- How long events wait after the latest one until someone acknowledges them.
local EVENT_RETENTION_MS = 30 * 24 * 60 * 60 * 1000
-- How long expired sessions stay, because each has yet to become an event.
local EXPIRED_RETENTION_MS = EVENTS and EVENT_RETENTION_MS or 0

-- at: When it happened (ms), if that was earlier than now.
local function addToStream(json, at)
  redis.call('XADD', EVENTS, 'MAXLEN', '~', MAX_EVENTS, '*', 'event', json, 'at', at or '')
end

local function appendEvent(event)
  if EVENTS then
    addToStream(cjson.encode(event))
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
    addToStream(start .. ',"session":' .. session .. '}', isExpired and string.format('%.0f', deadlineOf(record)))
  end
  redis.call('PEXPIRE', EVENTS, EVENT_RETENTION_MS)
end

local function appendRevocations(cause, ids, recordOf, by, operation)
  if EVENTS and #ids > 0 then
    appendEnded(startOfRevocation(cause, by, operation), ids, recordOf, cause == 'expired')
  end
end
