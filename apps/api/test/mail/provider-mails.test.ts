import { expect, test } from 'vitest'
import { providerChangedMessage } from '../../src/mail/messages.js'

test.each(['en', 'de'] as const)('mails about a linked and an unlinked provider say what to do, in %s', (language) => {
  const context = { language, baseUrl: 'https://rollcall.example', url: 'https://rollcall.example/security' }
  const at = new Date('2026-11-29T12:00:00Z')
  const messages = (['added', 'removed'] as const).map((change) => providerChangedMessage(change, at, context))
  for (const { text, html } of messages)
    for (const part of [text, html]) {
      expect(part).toContain('https://rollcall.example/security')
      expect(part).toContain('rollcall.example')
    }
  expect(new Set(messages.map(({ subject }) => subject)).size).toBe(2)
})
