import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import fastify from 'fastify'
import { authOptions } from './options.ts'
import { createSessions } from './sessions.ts'

/** @returns a function that closes the application. */
export async function listen(port: number, redisUrl: string) {
  const { auth, router, close } = await createSessions(redisUrl, authOptions(`http://localhost:${port}`))
  const app = fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 5_000 } }) // names of a batch
  const handle = toNodeHandler(auth)
  await app.register(async (routes) => {
    routes.removeAllContentTypeParsers()
    routes.addContentTypeParser('*', (_request, _body, done) => done(null)) // better-auth reads the body itself
    routes.all('/api/auth/*', async ({ raw }, reply) => {
      reply.hijack()
      await handle(raw, reply.raw)
    })
  })
  await app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router,
      createContext: ({ req }: { req: { headers: Record<string, string | string[] | undefined> } }) => ({
        headers: fromNodeHeaders(req.headers),
      }),
    },
  })
  await app.listen({ port })
  return () => [close(), app.close()]
}
