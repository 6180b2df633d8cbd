-- Revokes every session of a user, or every one but the caller's.
-- @include lib/delete
-- @include lib/publish
-- @include lib/scan

-- Revokes every session except `keep` (nil: all of them). Returns how many were live. Sessions that the scan has not read
-- leave no event; the message covers all.
local function revokeAllExcept(key, keep, now, cause, by)
  local found = scanSessions(key, now, keep)
  if #found.ids == found.total then
    deleteSessions(key, found.ids)
  else
    deleteAllExcept(key, keep)
  end
  appendRevocations('expired', found.expired, found.recordOf)
  appendRevocations(cause, found.live, found.recordOf, by)
  if found.count > 0 then
    publishRevocation(key, cause, { allBut = keep or cjson.null }, by)
  end
  return found.count
end
