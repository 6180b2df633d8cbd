-- Tells sessions that an operation means from younger ones.
-- @include lib/record

-- Returns whether the session may have been live when an operation began: it was created by `before`, or is from the future,
-- so that a wrong clock has dated it. latest: the latest time at which a session may have been created by now. All in ms.
local function mayBeOlder(record, before, latest)
  local createdAt = createdAtOf(record)
  return createdAt <= before or createdAt > latest
end
