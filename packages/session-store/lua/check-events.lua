-- Fails where no event could be appended. Changes nothing.
-- KEYS[1]  a key that nobody uses
-- Output   1
redis.call('PEXPIRE', KEYS[1], 1)
redis.call('HDEL', KEYS[1], '')
redis.call('HSET', KEYS[1], '', '') -- last, so that nothing stays where one of the others is refused
return redis.call('HDEL', KEYS[1], '')
