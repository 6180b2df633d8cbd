-- The ids of the sessions that were imported into the user's hash. A session is imported once: after it has ended, another
-- attempt must not bring it back.
-- @include lib/ttl
local IMPORTED = KEYS[2]

-- Returns whether this is the first time. milliseconds: how long the import of this session could be attempted again.
local function recordImport(id, milliseconds)
  if redis.call('SADD', IMPORTED, id) == 0 then
    return false
  end
  keepAtLeast(IMPORTED, milliseconds)
  return true
end
