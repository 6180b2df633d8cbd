import { solveChallenge, type SolveChallengeOptions } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2'

// A worker: it gets a challenge, and posts the solution. An error reaches the listeners for errors of the worker.
addEventListener('message', ({ data }: MessageEvent<Omit<SolveChallengeOptions, 'deriveKey'>>) => {
  void solveChallenge({ ...data, deriveKey, timeout: 0 }).then(
    (solution) => postMessage(solution),
    (reason: unknown) => reportError(reason),
  )
})
