import { getSessions } from '../../../../sessions.ts'

const handle = async (request: Request) => (await getSessions()).auth.handler(request)
export { handle as GET, handle as POST }
