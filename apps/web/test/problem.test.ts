import { expect, test } from 'vitest'
import { AuthFailure } from '../src/api/auth.js'
import { toProblem } from '../src/api/problem.js'

test.each(['REAUTHENTICATE', 'SESSION_NOT_FRESH'])('%s asks for a proof, and is no other refusal', (code) => {
  expect(toProblem(new AuthFailure(403, code, null, undefined))).toEqual({ kind: 'proof-needed' })
  expect(toProblem(new AuthFailure(403, 'FORBIDDEN', null, undefined)).kind).toBe('refused')
})
