import { tryGetCurrentAuthEndpointContext } from '@better-auth/core/context'
import { z } from 'zod'
import { requestState } from './request-state.js'

// A sign-in with a second factor takes two requests. The first checks the password and leaves a row of the
// model `verification`; the second consumes that row and makes the session. Between them the password may
// change, so the sign-in must be as old as its first request, or it would slip past the change.

/** The row to write: one of the model `verification` is as old as the sign-in that left it. */
export async function dated<T extends object>(model: string, row: T): Promise<T> {
  return model === 'verification' ? { ...row, createdAt: (await requestState()).startedAt } : row
}

/** Makes the sign-in as old as the row that the second request consumes. */
export async function consumed(model: string, row: unknown): Promise<void> {
  if (model !== 'verification' || !verifiesSecondFactor(tryGetCurrentAuthEndpointContext()?.path)) return
  const left = withDate.safeParse(row).data
  const state = await requestState()
  if (left !== undefined && left.createdAt < state.startedAt) state.startedAt = left.createdAt
}

export function verifiesSecondFactor(path: string | undefined): boolean {
  return path?.startsWith('/two-factor/verify-') ?? false
}

const withDate = z.object({ createdAt: z.date() })
