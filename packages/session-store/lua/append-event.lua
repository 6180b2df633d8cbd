-- Appends an event that the application names: one that changed no session.
-- KEYS[1]  the user's sessions
-- ARGV[1]  name
-- ARGV[2]  id of the session that caused it; empty: none did
-- ARGV[3]  details of the client that caused it
-- Output   1
-- @include lib/events
appendEvent({ kind = 'noted', name = ARGV[1], by = { id = ARGV[2], details = ARGV[3] } })
return 1
