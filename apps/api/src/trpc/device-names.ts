import { z } from 'zod'
import { printableName } from '../accounts/people/names.js'
import { router, sessionProcedure } from './procedures.js'
import { withinRenames } from './renames.js'

export const deviceNamesRouter = router({
  /** With an empty name, the device is called what its browser says again. */
  rename: sessionProcedure
    .input(z.object({ id: z.string().min(1).max(64), name: printableName(50) }))
    .mutation(async ({ ctx: { auth, limits, session }, input: { id, name } }) => {
      const renamed = await withinRenames(limits, session, () => auth.renameDevice(session, id, name || null))
      return { renamed: renamed ? 1 : 0 }
    }),
})
