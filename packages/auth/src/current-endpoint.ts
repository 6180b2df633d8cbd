import type { GenericEndpointContext } from '@better-auth/core'
import { tryGetCurrentAuthEndpointContext } from '@better-auth/core/context'

/** The endpoint that runs. Scripts call the adapter without one. */
export function currentEndpoint(): GenericEndpointContext | undefined {
  // The context of an endpoint that runs is whole; its type is that of one that has not begun.
  return tryGetCurrentAuthEndpointContext() as GenericEndpointContext | undefined
}

export function currentPath(): string | undefined {
  return currentEndpoint()?.path
}

/** The headers of the request that runs. A direct call of an endpoint may have none. */
export function currentHeaders(): Headers | undefined {
  const headers: unknown = currentEndpoint()?.headers
  return headers instanceof Headers ? headers : undefined
}
