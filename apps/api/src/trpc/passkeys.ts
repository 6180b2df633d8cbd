import { z } from 'zod'
import { printableName } from '../accounts/people/names.js'
import { router, sessionProcedure } from './procedures.js'
import { withinRenames } from './renames.js'

const MAX_NAME = 50
const passkeyName = printableName(MAX_NAME).refine((name) => name !== '', 'must not be empty')

/** The ceremonies and the removal are endpoints below `/api/auth`, because they change cookies. */
export const passkeysRouter = router({
  list: sessionProcedure.query(async ({ ctx: { auth, session } }) => {
    const passkeys = await auth.passkeys.list(session.userId)
    return passkeys.map(({ createdAt, lastUsedAt, ...passkey }) => ({
      ...passkey,
      createdAt: createdAt?.toISOString() ?? null,
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    }))
  }),

  rename: sessionProcedure
    .input(z.object({ id: z.string().min(1).max(64), name: passkeyName }))
    .mutation(async ({ ctx: { auth, limits, session }, input: { id, name } }) => {
      const renamed = await withinRenames(limits, session, () => auth.renamePasskey(session, id, name))
      return { renamed: renamed ? 1 : 0 }
    }),
})
