import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { createLog } from '../../src/log.js'
import { createSend, DeliveryError } from '../../src/mail/transport.js'
import { startSmtp } from './smtp.js'

// The connection to the mail server breaks while it is in use. An `error` event that nobody handles would end the process,
// and fail this file.

/** Before a mail server. Resets the connection when its client sends this, or at once. */
async function startBreaking(port: number, command: string | null) {
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
    client.on('close', () => upstream.destroy())
    if (command === null) return void client.resetAndDestroy()
    client.on('data', (bytes) => {
      if (bytes.includes(command)) client.resetAndDestroy()
      else upstream.write(bytes)
    })
    upstream.on('data', (bytes) => client.write(bytes))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = server.address() as AddressInfo // it listens on a port
  return { url: `smtp://127.0.0.1:${own}`, [Symbol.asyncDispose]: async () => void server.close() }
}

test.each([
  ['before the greeting', null],
  ['at EHLO', 'EHLO'],
  ['at MAIL FROM', 'MAIL FROM'],
  ['at RCPT TO', 'RCPT TO'],
  ['at DATA', 'DATA'],
  ['in the mail itself', 'From:'],
])('a connection to the mail server that breaks %s is a failed delivery that may be repeated', async (_at, command) => {
  await using smtp = await startSmtp()
  await using breaking = await startBreaking(smtp.port, command)
  const options = { outbox: '', baseUrl: 'https://rollcall.example', log: createLog({ write: () => undefined }) }
  const message = { subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' }
  const { signal } = new AbortController()
  const send = (smtpUrl: string) => createSend({ ...options, smtpUrl })('ada@example.org', message, signal)
  const error: unknown = await send(breaking.url).catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(DeliveryError)
  expect(error).toMatchObject({ isFinal: false, isAboutThisMail: false })
  expect(smtp.received).toEqual([])
  await send(smtp.url)
  expect(smtp.received).toHaveLength(1)
})
