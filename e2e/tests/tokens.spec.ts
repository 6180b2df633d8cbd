import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, request, test } from '@playwright/test'
import { startApp } from '../app.js'

// Every application of these tests looks for the tokens of its browsers when it stops. Here one is there to be found.
const traces: Record<string, (token: string) => string> = {
  'half a token': (token) => `...${token.slice(-43, -20)}...`,
  'the bytes of a secret in hex': (token) => Buffer.from(token.slice(-43), 'base64url').toString('hex'),
}

for (const [name, trace] of Object.entries(traces)) {
  test(`${name} that was left in a file is found`, async () => {
    const app = await startApp()
    const browser = await request.newContext({ baseURL: app.url, extraHTTPHeaders: { origin: app.url } })
    const answer = await browser.post('/api/auth/sign-up/email', {
      data: { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' },
    })
    expect(answer.status()).toBe(200)
    const { cookies } = await browser.storageState()
    const token = cookies.find((cookie) => cookie.name === 'rollcall.session_token')?.value.slice(0, 81) ?? ''
    appendFileSync(join(app.dataDir, 'left-behind'), trace(token))
    await browser.dispose()
    await expect(app.stop()).rejects.toThrow(/^A session token was found in [^,]*left-behind$/)
  })
}
