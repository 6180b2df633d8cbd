import { z } from 'zod'
import { storeOrDatabaseFailed } from '../errors.js'
import { router, sessionProcedure } from '../trpc.js'

/** Of characters that a person can see: none that control a terminal, break a line or turn the text around it. */
const deviceName = z
  .string()
  .trim()
  .max(50, 'must have 50 characters at most')
  .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]*$/u, 'must have no control characters')

export const deviceNamesRouter = router({
  /** With an empty name, the device is called what its browser says again. */
  rename: sessionProcedure
    .input(z.object({ id: z.string().min(1).max(64), name: deviceName }))
    .mutation(async ({ ctx: { auth, limits, session }, input: { id, name } }) => {
      await limits.charge([['rename:user', session.userId]])
      const renamed = await auth.renameDevice(session.userId, id, name || null).catch(storeOrDatabaseFailed)
      return { renamed: renamed ? 1 : 0 }
    }),
})
