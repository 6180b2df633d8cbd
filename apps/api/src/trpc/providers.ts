import { router, sessionProcedure } from './procedures.js'

/** Linking, unlinking and proving are endpoints below `/api/auth`, because they change cookies. */
export const providersRouter = router({
  list: sessionProcedure.query(async ({ ctx: { auth, session } }) => {
    const linked = await auth.providers.listLinked(session.userId)
    return {
      linked: linked.map(({ createdAt, lastUsedAt, ...provider }) => ({
        ...provider,
        createdAt: createdAt.toISOString(),
        lastUsedAt: lastUsedAt.toISOString(),
      })),
      available: auth.providers.available,
    }
  }),
})
