import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider, type RouterHistory } from '@tanstack/react-router'
import { createQueryClient } from './query-client.js'
import { createAppRouter } from './router.js'
import { createSession, SessionContext } from './session.js'
import { createApiClient, trpc } from './trpc.js'
import { Toasts } from './ui/toasts.js'
import { Speech } from './words/use-words.js'

/** The whole page as one element. A test brings its own history. */
export function createApp(history?: RouterHistory) {
  const api = createApiClient()
  const queryClient = createQueryClient(() => void session.refused())
  const session = createSession({
    api,
    queryClient,
    goHome: () => router.navigate({ to: '/', replace: true }),
    goToSignIn: (notice, told) =>
      // In the entry of the history and not in the address, where anyone could put words into our mouth.
      router.navigate({ to: '/sign-in', search: notice ? { notice } : {}, state: told, replace: true }),
  })
  const router = createAppRouter({ session }, history)

  return (
    <trpc.Provider client={api} queryClient={queryClient}>
      <QueryClientProvider client={queryClient}>
        <SessionContext value={session}>
          <Speech>
            <Toasts>
              <RouterProvider router={router} />
            </Toasts>
          </Speech>
        </SessionContext>
      </QueryClientProvider>
    </trpc.Provider>
  )
}
