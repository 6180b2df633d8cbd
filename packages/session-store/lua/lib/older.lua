-- Distinguishes the sessions that an operation means from younger ones.
-- @include lib/record

-- Returns whether the session may have been live when an operation began. It was created by `before`, or a wrong clock has
-- dated it after `latest`, the latest time that is possible now. All in ms.
local function mayBeOlder(record, before, latest)
  local createdAt = createdAtOf(record)
  return createdAt <= before or createdAt > latest
end
