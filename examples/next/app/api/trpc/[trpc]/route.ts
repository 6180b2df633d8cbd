import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { getSessions } from '../../../../sessions.ts'

async function handle(req: Request) {
  const { router } = await getSessions()
  const createContext = () => ({ headers: req.headers })
  return fetchRequestHandler({ endpoint: '/api/trpc', req, router, createContext })
}
export { handle as GET, handle as POST }
