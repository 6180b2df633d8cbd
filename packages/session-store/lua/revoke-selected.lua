-- Revokes sessions that an operator has selected. One that is gone by now is skipped, so a repetition changes nothing.
-- KEYS[1]  the user's sessions
-- ARGV[1]  the operation as JSON: its id and its public reason
-- ARGV[2]  refuse sign-ins of the user that began at or before this time (ms, by Redis' clock); empty: refuse none
-- ARGV     then the ids of sessions
-- Output   how many were revoked
-- @include lib/delete
-- @include lib/publish
local key, operation = KEYS[1], cjson.decode(ARGV[1])
local revoked, recordOf = {}, {}
for i = 3, #ARGV do
  local record = redis.call('HGET', key, ARGV[i])
  if record and deadlineOf(record) > 0 then
    revoked[#revoked + 1] = ARGV[i]
    recordOf[ARGV[i]] = record
  end
end
deleteSessions(key, revoked)
if ARGV[2] ~= '' then
  redis.call('HDEL', key, '') -- there is none; but a full Redis takes other writes only from a script that has deleted
  setNotBefore(key, tonumber(ARGV[2]))
end
appendRevocations('operator', revoked, recordOf, nil, operation)
if #revoked > 0 then
  publishRevocation(key, 'operator', { ids = revoked, operation = operation })
end
return #revoked
