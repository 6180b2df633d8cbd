-- Revokes sessions that somebody has selected.
-- @include lib/delete
-- @include lib/publish

-- Returns how many were revoked. One that is gone by now is skipped, so a repetition changes nothing. operation: as JSON, its
-- id and its public reason.
local function revokeSelected(key, ids, operation)
  local revoked, recordOf = {}, {}
  for _, id in ipairs(ids) do
    local record = redis.call('HGET', key, id)
    if record and deadlineOf(record) > 0 then
      revoked[#revoked + 1] = id
      recordOf[id] = record
    end
  end
  if #revoked > 0 then
    deleteSessions(key, revoked)
    appendRevocations('operator', revoked, recordOf, nil, operation)
    publishRevocation(key, 'operator', { ids = revoked, operation = operation })
  end
  return #revoked
end
