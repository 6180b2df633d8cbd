import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ask, temporaryFolder, until } from './helpers.js'

test('a connection that is reset or closed while waiting means: not yet', async () => {
  const folder = await temporaryFolder()
  const socket = join(folder.path, 'reset.sock')
  let asked = 0
  const server = createServer((client) => {
    asked += 1
    if (asked === 1) client.destroy()
    else if (asked === 2) client.end()
    else client.end('+PONG\r\n')
  }).listen(socket)
  onTestFinished(async () => {
    server.close()
    await folder[Symbol.asyncDispose]()
  })
  await until('it answers', async () => (await ask(socket, 'PING')) === '+PONG\r\n')
  expect(asked).toBe(3)
})
