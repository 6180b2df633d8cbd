-- Writes, and leaves nothing behind. From Redis 7.2 on, WAIT covers what its connection has written. A script that finds
-- nothing to revoke writes nothing, so its WAIT would not cover what another connection has revoked. This goes before it.
-- KEYS[1]  the user's sessions
-- Output   none
redis.call('HDEL', KEYS[1], '') -- there is none; but a full Redis takes other writes only from a script that has deleted
redis.call('HSET', KEYS[1], '', '')
redis.call('HDEL', KEYS[1], '')
