import { type ReactNode, useState } from 'react'
import { AuthFailure, type AuthHeaders } from '../../api/auth.js'

/** Makes a call that the API may answer with a challenge. */
export function useChallenge() {
  const [notice, setNotice] = useState<ReactNode>(null)

  /**
   * Makes the call; after a challenge, again with its solution. Resolves to whether it was made. It is false if the person has
   * stopped the check, or the browser cannot do it.
   */
  const pass = async (call: (solution?: AuthHeaders) => Promise<void>): Promise<boolean> => {
    setNotice(null) // of the try before
    try {
      await call()
      return true
    } catch (error) {
      if (!(error instanceof AuthFailure) || error.code !== 'CHALLENGE_NEEDED') throw error
      const { passChallenge } = await import('./pass-challenge.js').catch(() => {
        throw error
      })
      return passChallenge(error, call, setNotice)
    }
  }

  return { pass, notice }
}
