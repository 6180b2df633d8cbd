import { SessionStoreUnavailableError } from '@rollcall/session-store'

/** How long Redis keeps what it knows of an operation. */
export const RETENTION_MS = 90 * 24 * 60 * 60 * 1_000

export function operationKey(keyPrefix: string, id: string): string {
  return `${keyPrefix}user:operation:${id}`
}

/** Awaits Redis. Only its own errors are outages. */
export async function reply<T>(command: Promise<T>): Promise<T> {
  return command.catch((error: unknown) => {
    throw new SessionStoreUnavailableError(error)
  })
}
