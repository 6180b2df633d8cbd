import { authOptions } from '../options.ts'
import { createSessions } from '../sessions.ts'
import { baseURL, redisUrl } from './env.ts'

let sessions: ReturnType<typeof createSessions> | undefined

/** Connects at the first request, since `next build` imports this file too. After a failure, the next request tries again. */
export function getSessions() {
  sessions ??= createSessions(redisUrl, authOptions(baseURL)).catch((error: unknown) => {
    sessions = undefined
    throw error
  })
  return sessions
}
