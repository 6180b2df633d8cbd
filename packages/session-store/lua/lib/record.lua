-- The layout of a record: a binary head of fixed length, then the details as text. Integers are big-endian, times are ms
-- since the epoch. Positions count from 1. src/record/record.ts has the same layout with offsets from 0, and a test compares them.
-- A record with another layout is never valid, and no script writes to it.
local VERSION = 1
local SECRET_HASH = 2
local CREATED_AT = 34
local LAST_SEEN_AT = 40
local IDLE_DEADLINE = 46
local ABSOLUTE_DEADLINE = 52
local AUTHENTICATED_AT = 58
local DETAILS = 64

local function isRecord(record)
  return record and #record >= DETAILS and string.byte(record, 1) == VERSION
end

local function secretHashOf(record)
  return string.sub(record, SECRET_HASH, CREATED_AT - 1)
end

-- Returns the session of a record (times in ms) if it is live, else nil.
local function liveSession(record, now)
  if not isRecord(record) then
    return nil
  end
  local lastSeenAt, idle, absolute = struct.unpack('>I6I6I6', record, LAST_SEEN_AT)
  if math.min(idle, absolute) <= now then
    return nil
  end
  return { secretHash = secretHashOf(record), lastSeenAt = lastSeenAt, absoluteDeadline = absolute }
end

-- Returns the earlier deadline (ms), 0 for bytes that are not a record. Creates no table: scripts call it for hundreds of
-- records in a row.
local function deadlineOf(record)
  if not isRecord(record) then
    return 0
  end
  local idle, absolute = struct.unpack('>I6I6', record, IDLE_DEADLINE)
  return math.min(idle, absolute)
end

local function lastSeenAtOf(record)
  return (struct.unpack('>I6', record, LAST_SEEN_AT))
end

local function createdAtOf(record)
  return (struct.unpack('>I6', record, CREATED_AT))
end

local function detailsOf(record)
  return string.sub(record, DETAILS)
end

-- Returns the address as text, empty for none, and whether that is sure. Lengths count UTF-16 units, so the address is elsewhere
-- behind a user id beyond ASCII.
local function addressOf(record)
  local id, address, agent = string.byte(record, DETAILS, DETAILS + 2)
  if not agent or id == 0 or id > 127 or address > 127 or agent > 223 then -- lengths of more bytes
    return '', false
  end
  local idAt = DETAILS + (agent < 128 and 3 or 4)
  local at = idAt + id - 1
  local isSure = not string.find(string.sub(record, idAt, at - 1), '[\128-\255]')
  return string.sub(record, at, at + address - 2), isSure
end

-- Returns a copy of the record with its last use (ms).
local function withActivity(record, lastSeenAt, idleDeadline)
  return string.sub(record, 1, LAST_SEEN_AT - 1)
    .. struct.pack('>I6I6', lastSeenAt, idleDeadline)
    .. string.sub(record, ABSOLUTE_DEADLINE)
end

-- Returns a copy of the record with another secret. authenticatedAt (ms): nil keeps the old one.
local function withSecret(record, secretHash, authenticatedAt)
  local proof = authenticatedAt and struct.pack('>I6', authenticatedAt) or string.sub(record, AUTHENTICATED_AT, DETAILS - 1)
  return string.sub(record, 1, SECRET_HASH - 1)
    .. secretHash
    .. string.sub(record, CREATED_AT, AUTHENTICATED_AT - 1)
    .. proof
    .. detailsOf(record)
end

local function withDetails(record, details)
  return string.sub(record, 1, DETAILS - 1) .. details
end
