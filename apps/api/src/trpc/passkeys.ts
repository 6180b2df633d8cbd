import { z } from 'zod'
import { nameOf } from '../accounts/names.js'
import { storeOrDatabaseFailed } from '../errors.js'
import { router, sessionProcedure } from './procedures.js'

const MAX_NAME = 50
const passkeyName = nameOf(MAX_NAME).refine((name) => name !== '', 'must not be empty')

/** The ceremonies and the removal are endpoints below `/api/auth`, because they change cookies. */
export const passkeysRouter = router({
  list: sessionProcedure.query(async ({ ctx: { auth, session } }) => {
    const passkeys = await auth.passkeys.list(session.userId).catch(storeOrDatabaseFailed)
    return passkeys.map(({ createdAt, lastUsedAt, ...passkey }) => ({
      ...passkey,
      createdAt: createdAt?.toISOString() ?? null,
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    }))
  }),

  rename: sessionProcedure
    .input(z.object({ id: z.string().min(1).max(64), name: passkeyName }))
    .mutation(async ({ ctx: { auth, limits, session }, input: { id, name } }) => {
      const { userId } = session
      const renamed = await limits.within([['rename:session', userId, session.id]], () =>
        limits.within(
          [['renamed:session', userId, session.id]],
          () => auth.renamePasskey(session, id, name).catch(storeOrDatabaseFailed),
          (isKnown) => (isKnown ? 'done' : 'void'),
        ),
      )
      return { renamed: renamed ? 1 : 0 }
    }),
})
