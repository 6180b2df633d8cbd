import { unauthorized } from '@rollcall/trpc'
import { router, sessionProcedure } from './procedures.js'

export const sessionRouter = router({
  current: sessionProcedure.query(async ({ ctx: { auth, session } }) => {
    const user = await auth.findUser(session.userId)
    if (user === null) throw unauthorized()
    return {
      id: session.id,
      createdAt: session.createdAt.toISOString(),
      expiresAt: session.expiresAt.toISOString(),
      user: { id: user.id, name: user.name, email: user.email, isAdmin: user.isAdmin },
    }
  }),
})
