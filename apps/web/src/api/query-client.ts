import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { toProblem } from './problem.js'

/** @param onError is called with every failure of a query or mutation */
export function createQueryClient(onError: (error: unknown) => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // Never paused: offline must be said at once, and a sign-out must not fire later by itself.
      queries: { networkMode: 'always', retry: isTransient, retryDelay: 500 },
      mutations: { networkMode: 'always' },
    },
  })
}

function isTransient(failures: number, error: Error): boolean {
  const { kind } = toProblem(error)
  return failures < 1 && (kind === 'outage' || kind === 'unreachable')
}
