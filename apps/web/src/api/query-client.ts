import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { toProblem } from './problem.js'

/** Calls `onUnauthorized` at every 401, from any query or mutation. */
export function createQueryClient(onUnauthorized: () => void): QueryClient {
  const watch = {
    onError: (error: Error) => {
      if (toProblem(error).kind === 'unauthorized') onUnauthorized()
    },
  }
  return new QueryClient({
    queryCache: new QueryCache(watch),
    mutationCache: new MutationCache(watch),
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
