import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { clientAddressOf } from '../src/client-address.js'
import { signedUp, startServer } from './helpers.js'

const from = (remoteAddress: string | undefined, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage

describe('the address of a client', () => {
  test.each([
    ['nobody is trusted', [], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['the socket is no trusted proxy', ['10.0.0.0/8'], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['the socket is a trusted proxy', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['the client forged an entry', ['10.0.0.0/8'], '10.1.2.3', '192.0.2.66, 198.51.100.1', '198.51.100.1'],
    ['the client forged a trusted address', ['10.0.0.0/8'], '10.1.2.3', '10.9.9.9, 198.51.100.1', '198.51.100.1'],
    ['there are two proxies', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1, 10.3.2.1', '198.51.100.1'],
    ['the proxy is on this machine', ['loopback'], '::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['the proxy forwards nothing', ['loopback'], '127.0.0.1', undefined, '127.0.0.1'],
    ['the proxy forwards no address', ['loopback'], '127.0.0.1', 'unknown', '127.0.0.1'],
    ['the client forged no address', ['loopback'], '127.0.0.1', '<script>, 198.51.100.1', '198.51.100.1'],
    ['IPv4 comes as IPv6', [], '::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['IPv6 is spelled in a long way', ['loopback'], '::1', '2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['the proxy forwards a zone that only some readers take', ['loopback'], '127.0.0.1', 'fe80::1%eth-0', '127.0.0.1'],
    ['the client is gone', [], undefined, '198.51.100.1', 'unknown'],
  ])('where %s', (_, trusted, socket, forwarded, address) => {
    expect(clientAddressOf(trusted)(from(socket, forwarded))).toBe(address)
  })
})

const forged = { 'x-forwarded-for': '198.51.100.7', 'x-rollcall-client-address': '192.0.2.66', 'x-real-ip': '192.0.2.66', forwarded: 'for=192.0.2.66' }

test.each([
  ['without trusted proxies no header counts', {}, '127.0.0.1'],
  ['behind a trusted proxy only its X-Forwarded-For counts', { TRUSTED_PROXIES: '127.0.0.1' }, '198.51.100.7'],
])('%s, in the list of devices, the audit and the log alike', async (_, env, address) => {
  await using server = await startServer({ env })
  const { api } = await signedUp(server, forged)
  expect(await api.devices.list.query()).toMatchObject([{ ipAddress: address }])
  expect(server.audits().at(-1)).toMatchObject({ event: 'sign-in', ipAddress: address })
  await api.devices.revokeAll.mutate()
  expect(server.audits().at(-1)).toMatchObject({ event: 'revoke-all', ipAddress: address })
})
