import { z } from 'zod'
import { nameOf } from '../accounts/names.js'
import { storeOrDatabaseFailed } from '../errors.js'
import { router, sessionProcedure } from './procedures.js'

export const deviceNamesRouter = router({
  /** With an empty name, the device is called what its browser says again. */
  rename: sessionProcedure
    .input(z.object({ id: z.string().min(1).max(64), name: nameOf(50) }))
    .mutation(async ({ ctx: { auth, limits, session }, input: { id, name } }) => {
      const { userId } = session
      const renamed = await limits.within([['rename:session', userId, session.id]], () =>
        limits.within(
          [['renamed:session', userId, session.id]],
          () => auth.renameDevice(session, id, name || null).catch(storeOrDatabaseFailed),
          (isKnown) => (isKnown ? 'done' : 'void'),
        ),
      )
      return { renamed: renamed ? 1 : 0 }
    }),
})
