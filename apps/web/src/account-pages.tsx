import { QueryClientProvider } from '@tanstack/react-query'
import { createQueryClient } from './api/query-client.js'
import { ApiContext, createApiClient } from './api/trpc.js'
import { useSession } from './features/session/session.js'
import { AccountLayout } from './layouts/account-layout.js'

// All that a first visit needs only for an account, in one file: someone who is not signed in loads none of it.
export { DevicesPage } from './features/devices/devices-page.js'

const api = createApiClient()

export function AccountFrame() {
  const session = useSession()
  return (
    <ApiContext value={api}>
      <QueryClientProvider client={session.queries(createQueryClient)}>
        <AccountLayout />
      </QueryClientProvider>
    </ApiContext>
  )
}
