import type { GenericEndpointContext } from '@better-auth/core'
import * as core from '@better-auth/core/context'

/** The endpoint that runs. Scripts call the adapter without one. */
export function currentEndpoint(): GenericEndpointContext | undefined {
  // By its name, an older better-auth could not even be loaded, and the start would not say why.
  // The context of an endpoint that runs is whole; its type is that of one that has not begun.
  return core.tryGetCurrentAuthEndpointContext() as GenericEndpointContext | undefined
}

export function currentPath(): string | undefined {
  return currentEndpoint()?.path
}

/** The headers of the request that runs. A direct call of an endpoint may have none. */
export function currentHeaders(): Headers | undefined {
  const headers: unknown = currentEndpoint()?.headers
  return headers instanceof Headers ? headers : undefined
}
