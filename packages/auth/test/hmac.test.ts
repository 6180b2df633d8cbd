import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { hmac } from '../src/cookies/hmac.js'

test('is what node:crypto makes of every secret and text, of whatever length', () => {
  for (const letter of ['a', 'ü', '\0', '😀']) {
    for (let secretLength = 0; secretLength <= 130; secretLength += 1) {
      const secret = letter.repeat(secretLength)
      const signatureOf = hmac(secret)
      for (const textLength of [0, 1, 31, 32, 55, 56, 63, 64, 65, 81, 119, 120, 1_000]) {
        const text = letter.repeat(textLength)
        expect(signatureOf(text)).toBe(createHmac('sha256', secret).update(text).digest('binary'))
      }
    }
  }
})
