-- Revokes sessions by their ids.
-- @include lib/delete
-- @include lib/publish

-- Returns how many were live. One that had expired leaves the event of that; one that is gone, or no session, leaves none. So
-- a repetition changes nothing.
local function revokeSelected(key, ids, now, cause, by, operation)
  local live, expired, recordOf = {}, {}, {}
  for _, id in ipairs(ids) do
    local record = not recordOf[id] and redis.call('HGET', key, id)
    local deadline = deadlineOf(record)
    if deadline > 0 then
      local list = deadline > now and live or expired
      list[#list + 1] = id
      recordOf[id] = record
    end
  end
  deleteSessions(key, ids)
  appendRevocations('expired', expired, recordOf)
  appendRevocations(cause, live, recordOf, by, operation)
  if #live > 0 then
    publishRevocation(key, cause, { ids = live, operation = operation }, by)
  end
  return #live
end
