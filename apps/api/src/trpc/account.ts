import { z } from 'zod'
import { languageInput } from '../accounts/language.js'
import { DatabaseUnavailableError } from '../errors.js'
import { router, sessionProcedure } from './procedures.js'

export const accountRouter = router({
  /** The language of the mails to this account. */
  setLanguage: sessionProcedure
    .input(z.object({ language: languageInput }))
    .mutation(async ({ ctx: { auth, limits, session }, input: { language } }) => {
      await limits.within([['language:session', session.userId, session.id]], () =>
        auth.setLanguage(session.userId, language).catch((cause: unknown) => {
          throw new DatabaseUnavailableError(cause)
        }),
      )
      return { language }
    }),
})
