-- Revokes sessions by their ids. It publishes nothing: that is left to the caller.
-- @include lib/delete
-- @include lib/older

-- Returns the ids of those that were live. One that had expired leaves the event of that; one that is gone, or no session, leaves none. So
-- a repetition changes nothing. With `before` and `latest`, one that is too young stays: a sign-in has taken the place of the
-- session that was selected.
local function revokeSelected(key, ids, now, cause, by, operation, before, latest)
  local deleted, live, expired, recordOf = {}, {}, {}, {}
  for _, id in ipairs(ids) do
    local record = not recordOf[id] and redis.call('HGET', key, id)
    local deadline = deadlineOf(record)
    if deadline == 0 then
      deleted[#deleted + 1] = id
    elseif not before or mayBeOlder(record, before, latest) then
      deleted[#deleted + 1] = id
      local list = deadline > now and live or expired
      list[#list + 1] = id
      recordOf[id] = record
    end
  end
  deleteSessions(key, deleted)
  appendRevocations('expired', expired, recordOf)
  appendRevocations(cause, live, recordOf, by, operation)
  return live
end
