import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { authOptions } from '../options.ts'
import { createSessions } from '../sessions.ts'
import { baseURL, redisUrl } from './env.ts'

type Sessions = Awaited<ReturnType<typeof createSessions>>
let sessions: Promise<Sessions> | undefined

/** Connects at the first request, since `next build` imports this file too. After a failure, the next request tries again. */
export function getSessions() {
  sessions ??= createSessions(redisUrl, authOptions(baseURL)).catch((error: unknown) => {
    sessions = undefined
    throw error
  })
  return sessions
}

/** Answers with 503 while there is no connection yet. */
export async function withSessions(answer: (connected: Sessions) => Promise<Response>) {
  try {
    return await answer(await getSessions())
  } catch (error) {
    if (error instanceof SessionStoreUnavailableError) return new Response(null, { status: 503 })
    throw error
  }
}
