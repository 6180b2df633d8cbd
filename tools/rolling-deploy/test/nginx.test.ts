import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@rollcall/dev-redis'
import { expect, onTestFinished, test } from 'vitest'
import { exampleConfig, nginx, startNginx } from '../src/nginx.js'

test.runIf(nginx)('nginx passes on the host with its port, as the browser sent it', async () => {
  if (nginx === undefined) throw new Error('There is no nginx')
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-nginx-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const server = createServer((request, response) => response.end(request.headers.host)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: target } = server.address() as AddressInfo
  const port = await freePort()
  const proxy = await startNginx(nginx, folder, port, await exampleConfig(port, [target, target], 1))
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  expect(await answer.text()).toBe(`127.0.0.1:${port}`)
  await proxy.close()
  server.closeAllConnections()
  server.close()
})
