-- Revokes the user's sessions that were live when an operation on all users began. It publishes no message and appends no
-- event: the operation does so once for everybody.
-- KEYS[1]  the user's sessions
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  sessions that were created after this time (ms) stay, unless it is in the future
-- ARGV[3]  the latest time (ms) at which a session may have been created by now
-- ARGV[4]  id of a session that stays; empty: none
-- Output   how many sessions were live, and how many of them were revoked; -1 for more than one step may read
-- @include lib/delete
-- @include lib/scan
local key, now, before, latest = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local found, revoked = scanSessions(key, now), {}
if #found.ids < found.total then
  return { -1, 0 }
end
for _, id in ipairs(found.live) do
  local createdAt = createdAtOf(found.recordOf[id])
  if id ~= ARGV[4] and (createdAt <= before or createdAt > latest) then
    revoked[#revoked + 1] = id
  end
end
deleteSessions(key, revoked)
return { #found.live, #revoked }
