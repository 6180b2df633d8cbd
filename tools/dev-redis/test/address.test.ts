import { Socket } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { startAddress, startPair } from '../src/index.js'
import { ask } from './helpers.js'

/** A connection that asks one thing after another. */
async function connectTo(url: string) {
  const socket = new Socket()
  onTestFinished(() => void socket.destroy())
  socket.connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  return async (...parts: string[]): Promise<string> => {
    socket.write(`*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`)
    const [reply] = (await once(socket, 'data')) as [Buffer]
    return reply.toString()
  }
}

test('a failover behind one address: new connections reach the new master, open ones the old', async () => {
  await using pair = await startPair()
  const [one, two] = pair.nodes
  await using address = await startAddress(one.server.url)
  const early = await connectTo(address.url)
  expect(await early('SET', 'colour', 'red')).toBe('+OK\r\n')
  await pair.failOver()
  address.leadTo(two.server.url)
  const late = await connectTo(address.url)
  expect(await early('GET', 'colour')).toContain('red')
  expect(await early('SET', 'colour', 'blue')).toMatch(/^-READONLY /)
  expect(await late('SET', 'colour', 'blue')).toBe('+OK\r\n')
  expect(await ask(two.server.url, 'GET colour')).toContain('blue')
  expect(address.connections()).toBe(2)
})

test('open connections can be refused, but for what is passed, and new ones are not', async () => {
  await using pair = await startPair()
  await using address = await startAddress(pair.nodes[0].server.url)
  const early = await connectTo(address.url)
  expect(await early('PING')).toBe('+PONG\r\n')
  address.refuse('LOADING Redis is loading the dataset in memory', (name) => name === 'ping')
  expect(await early('PING')).toBe('+PONG\r\n')
  expect(await early('GET', 'colour')).toBe('-LOADING Redis is loading the dataset in memory\r\n')
  const late = await connectTo(address.url)
  expect(await late('GET', 'colour')).toMatch(/^(\$-1|_)\r\n/)
})
