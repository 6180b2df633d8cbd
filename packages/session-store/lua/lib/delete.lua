-- Deletes sessions.
-- @include lib/events
-- @include lib/watermark

-- One command for many ids, but for no more than fit on the stack of Lua.
local function deleteSessions(key, ids)
  for i = 1, #ids, 1000 do
    redis.call('HDEL', key, unpack(ids, i, math.min(i + 999, #ids)))
  end
end

-- Deletes sessions past their deadline. Redis learns of their expiry only now.
local function deleteExpired(key, ids, recordOf)
  deleteSessions(key, ids)
  appendRevocations('expired', ids, recordOf)
end

-- Returns whether the user's slot is migrating to another node of a Cluster. Then this node does not know absent keys, so
-- a key that vanishes cannot be written again.
local function isSlotMigrating(key)
  return type(redis.pcall('EXISTS', key .. ':none')) == 'table'
end

-- Deletes every session except `keep`. Its cost does not grow with their number: it unlinks the hash and writes back what
-- stays.
local function deleteAllExcept(key, keep)
  local staying, expiresAt = {}, redis.call('PEXPIRETIME', key)
  for _, field in ipairs({ NOT_BEFORE, keep }) do
    local value = redis.call('HGET', key, field)
    if value then
      staying[#staying + 1] = field
      staying[#staying + 1] = value
    end
  end
  if #staying > 0 and isSlotMigrating(key) then -- one by one; to migrate such a hash keeps Redis busy for longer
    local ids = {}
    for _, field in ipairs(redis.call('HKEYS', key)) do
      if field ~= NOT_BEFORE and field ~= keep then
        ids[#ids + 1] = field
      end
    end
    return deleteSessions(key, ids)
  end
  redis.call('UNLINK', key) -- before any other write: a full Redis takes those only from a script that has deleted
  if #staying > 0 then
    redis.call('HSET', key, unpack(staying))
    if expiresAt > 0 then
      redis.call('PEXPIREAT', key, expiresAt)
    end
  end
end
