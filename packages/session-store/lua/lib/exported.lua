-- The sessions of a user that an export has removed within the last minute, each with the call that removed it. A client may send
-- a script again when its connection breaks: so a repetition knows that session from one that a server has revoked.
local EXPORTED, KEPT_MS = KEYS[2], 60000

-- After the session was removed: a full Redis lets a script go on that has already written.
local function recordExport(id, call)
  redis.call('HSET', EXPORTED, id, call)
  redis.call('PEXPIRE', EXPORTED, KEPT_MS)
end

local function isExportedBy(id, call)
  return redis.call('HGET', EXPORTED, id) == call
end
