import { TRPCClientError } from '@trpc/client'

/** Whether the API answered with this status of HTTP. */
export function hasStatus(error: unknown, status: number): boolean {
  if (!(error instanceof TRPCClientError)) return false
  const data: unknown = error.data
  return typeof data === 'object' && data !== null && 'httpStatus' in data && data.httpStatus === status
}
