import type { ReactNode } from 'react'
import { AuthFailure, type AuthHeaders } from '../../api/auth.js'
import { loadLaterMessages } from '../../i18n/i18n.js'
import { CheckNotice, UncheckableNotice } from './check-notice.js'
import { solutionHeaders, type Solved, UnsolvableError } from './solve.js'

/** The work may have grown in the meantime; more than so many challenges in a row are a fault. */
const MAX_CHALLENGES = 3

/**
 * Solves the challenge of a refused call while the person sees why. Then it makes the call again.
 *
 * @param show takes what the form shows
 * @returns Whether the call was made
 */
export async function passChallenge(
  refused: AuthFailure,
  call: (solution: AuthHeaders) => Promise<void>,
  show: (notice: ReactNode) => void,
): Promise<boolean> {
  await loadLaterMessages()
  let failure = refused
  for (let n = 1; ; n += 1) {
    const solved = await solveInSight(failure.body, show)
    if (solved === null) return false
    try {
      await call(solutionHeaders(solved))
      return true
    } catch (error) {
      if (!(error instanceof AuthFailure) || error.code !== 'CHALLENGE_NEEDED' || n === MAX_CHALLENGES) throw error
      failure = error
    }
  }
}

/** `null` if the person has stopped it, or the browser cannot do it. */
function solveInSight(body: unknown, show: (notice: ReactNode) => void): Promise<Solved | null> {
  return new Promise((resolve, reject) => {
    const end = (solved: Solved | null): void => {
      show(null)
      resolve(solved)
    }
    const fail = (reason: unknown): void => {
      show(reason instanceof UnsolvableError && <UncheckableNotice />)
      if (reason instanceof UnsolvableError) resolve(null)
      else reject(reason)
    }
    show(<CheckNotice body={body} onSolved={end} onStop={() => end(null)} onFailure={fail} />)
  })
}
