-- Revokes the sessions of several users of one node that were live when an operation on all users began. It publishes no
-- message and appends no event: the operation does so once for everybody.
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  sessions that were created after this time (ms) stay, unless it is in the future
-- ARGV[3]  the latest time (ms) at which a session may have been created by now
-- ARGV[4]  id of a session that stays; empty: none
-- ARGV     then the keys of the users' sessions
-- Output   For each key, how many sessions were live and how many of them were revoked, or an error. See lib/many.
-- @include lib/delete
-- @include lib/many
-- @include lib/older
local now, before, latest, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]

return replyForEach({ unpack(ARGV, 5) }, readHash, function(key, _, fields)
  local live, revoked = 0, {}
  for i = 1, #fields, 2 do
    local id, record = fields[i], fields[i + 1]
    if deadlineOf(record) > now then
      live = live + 1
      if id ~= keep and mayBeOlder(record, before, latest) then
        revoked[#revoked + 1] = id
      end
    end
  end
  deleteSessions(key, revoked)
  return { live, #revoked }
end)
