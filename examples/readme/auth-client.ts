import { rollcallClient } from '@rollcall/auth/client'
import { createAuthClient } from 'better-auth/client'

export const authClient = createAuthClient({ plugins: [rollcallClient()] })

/** Returns the error, or `null`. If its code is `REAUTHENTICATE`, ask for the password and call this again. */
export async function signOutOtherDevices(password?: string) {
  if (password !== undefined) {
    const { error } = await authClient.reauthenticate({ password })
    if (error) return error
  }
  return (await authClient.revokeOtherSessions()).error
}
