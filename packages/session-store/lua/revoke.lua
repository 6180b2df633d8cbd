-- Revokes sessions by their ids, in one step.
-- KEYS[1]  the user's sessions
-- ARGV[1]  id of the session that asked for it; empty: none did
-- ARGV     then the ids of the sessions; one that is unknown is skipped
-- Output   how many were revoked
-- @include lib/events
-- @include lib/publish
local key = KEYS[1]
local by = summaryOf(key, ARGV[1])
local revoked, readable, recordOf = {}, {}, {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local record = EVENTS and redis.call('HGET', key, id)
  if redis.call('HDEL', key, id) == 1 then
    revoked[#revoked + 1] = id
    if record and deadlineOf(record) > 0 then
      readable[#readable + 1] = id
      recordOf[id] = record
    end
  end
end
appendRevocations('revoke', readable, recordOf, by)
if #revoked > 0 then
  publishRevocation(key, 'revoke', { ids = revoked }, by)
end
return #revoked
