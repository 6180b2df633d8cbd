import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { withSessions } from '../../../../sessions.ts'

const handle = (req: Request) =>
  withSessions(({ router }) => {
    const createContext = () => ({ headers: req.headers })
    return fetchRequestHandler({ endpoint: '/api/trpc', req, router, createContext })
  })
export { handle as GET, handle as POST }
