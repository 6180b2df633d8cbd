import { withSessions } from '../../../../sessions.ts'

const handle = (request: Request) => withSessions(({ auth }) => auth.handler(request))
export { handle as GET, handle as POST }
