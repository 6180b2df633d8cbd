export { authCall, COOKIE, type Kind, type Procedure, type Seen, type SeenAuth, trpcCalls } from './client.js'
export { type ApiServer, clockAhead, signed, startApi } from './servers.js'
