import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { clientAddressOf } from '../../src/client/client-address.js'
import { newEmail, signUpDevice, startServer } from '../helpers.js'

const from = (remoteAddress: string | undefined, list?: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': list, forwarded } }) as unknown as IncomingMessage

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
    ['the proxy forwards no address', ['loopback'], '127.0.0.1', 'unknown', 'unknown'],
    ['the proxy forwards an empty list', ['loopback'], '127.0.0.1', ' , ', 'unknown'],
    ['the list has empty entries', ['loopback'], '127.0.0.1', '198.51.100.1, ,', '198.51.100.1'],
    [
      'the nearest trusted proxy was asked by nobody that can be read',
      ['10.0.0.0/8'],
      '10.1.2.3',
      '198.51.100.1, unknown, 10.3.2.1',
      'unknown',
    ],
    ['everybody is trusted', ['10.0.0.0/8'], '10.1.2.3', '10.7.7.7, 10.3.2.1', '10.7.7.7'],
    ['the client forged no address', ['loopback'], '127.0.0.1', '<script>, 198.51.100.1', '198.51.100.1'],
    ['IPv4 comes as IPv6', [], '::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['IPv6 is spelled in a long way', ['loopback'], '::1', '2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['the proxy forwards a zone', ['loopback'], '127.0.0.1', 'fe80::1%eth-0', 'fe80::1'],
    ['the client is gone', [], undefined, '198.51.100.1', 'unknown'],
  ])('where %s', (_, trusted, socket, forwarded, address) => {
    expect(clientAddressOf(trusted)(from(socket, forwarded))).toBe(address)
  })
})

const V6 = '2001:db8::7'

describe('an entry of X-Forwarded-For', () => {
  test.each([
    ['203.0.113.7:50123', '203.0.113.7'],
    [`[${V6}]:443`, V6],
    [`[${V6}]`, V6],
    [`"[${V6}]:443"`, V6],
    ['"203.0.113.7"', '203.0.113.7'],
    ['\t203.0.113.7:1 ', '203.0.113.7'],
    ['fe80::1%25eth0', 'fe80::1'],
    ['[fe80::1%eth0]:8443', 'fe80::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::FFFF:203.0.113.7]:80', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['203.0.113.7:_obfuscated', '203.0.113.7'],
  ])('%s is read as %s', (entry, address) => {
    expect(clientAddressOf(['loopback'])(from('127.0.0.1', entry))).toBe(address)
    expect(
      clientAddressOf(['loopback', address])(from('127.0.0.1', `198.51.100.1, ${entry}`)),
      'as a trusted proxy',
    ).toBe('198.51.100.1')
  })

  test.each([
    'unknown',
    '-',
    '_hidden',
    'localhost',
    '203.0.113',
    '203.0.113.7:port',
    '203.0.113.07',
    '0x7f000001',
    '127.1',
    `[${V6}`,
    `${V6}]`,
    `[${V6}]x`,
    '203.0.113.7 443',
    '203.0.113.7%eth0',
    '[203.0.113.7',
    ':443',
    '""',
    "'203.0.113.7'",
    'for=203.0.113.7',
    '::ffff:203.0.113.7:443',
  ])('%s is nobody, and not the proxy', (entry) =>
    expect(clientAddressOf(['loopback'])(from('127.0.0.1', entry))).toBe('unknown'),
  )
})

describe('Forwarded', () => {
  test.each([
    ['for=203.0.113.7', '203.0.113.7'],
    ['For="203.0.113.7:50123";proto=https;by=10.0.0.1', '203.0.113.7'],
    [`proto=https; for="[${V6}]:443"`, V6],
    [`for="[${V6}]"`, V6],
    [`for=[${V6}]:443`, V6],
    ['for="[2001:db8::7%eth0]:_http"', V6],
    ['for=192.0.2.66, for=203.0.113.7', '203.0.113.7'],
    ['for=198.51.100.1, for=10.9.9.9', '198.51.100.1'],
    ['for=198.51.100.1, for="10.9.9.9:80" ;proto=http', '198.51.100.1'],
    ['for="\\2\\03.0.113.7"', '203.0.113.7'],
    ['for=unknown', 'unknown'],
    ['for=_hidden', 'unknown'],
    ['for="_SEVKISEK"', 'unknown'],
    ['for=', 'unknown'],
    ['proto=https', 'unknown'],
    ['', 'unknown'],
    ['203.0.113.7', 'unknown'],
    ['for=203.0.113.7;for=198.51.100.1', 'unknown'],
    // The client's part does not reach into the proxy's part.
    ['for=", for=203.0.113.7', '203.0.113.7'],
    [`for="x;y, for="[${V6}]:443"`, V6],
    ['for=203.0.113.7;host="a;for=192.0.2.66"', '203.0.113.7'],
    ['for=203.0.113.7;host="a, for=192.0.2.66"', '203.0.113.7'],
    [`${'for=",'.repeat(3_000)} for=203.0.113.7`, '203.0.113.7'],
  ])('%s is read as %s', (header, address) => {
    expect(clientAddressOf(['loopback', '10.0.0.0/8'])(from('127.0.0.1', undefined, header))).toBe(address)
  })

  test('of an address that is not trusted does not count', () => {
    expect(clientAddressOf(['10.0.0.0/8'])(from('203.0.113.9', undefined, 'for=198.51.100.1'))).toBe('203.0.113.9')
  })

  test.each([
    ['198.51.100.7', '198.51.100.7'],
    ['unknown', 'unknown'],
  ])('does not count beside X-Forwarded-For: %s', (list, address) => {
    expect(clientAddressOf(['loopback'])(from('127.0.0.1', list, 'for=192.0.2.66'))).toBe(address)
  })
})

describe('the log', () => {
  function warnings(trusted: string[]) {
    const lines: object[] = []
    return { lines, of: clientAddressOf(trusted, (message, details) => lines.push({ message, ...details })) }
  }

  test.each([
    ['X-Forwarded-For', '198.51.100.1', undefined],
    ['Forwarded', undefined, 'for=198.51.100.1'],
  ])('names a proxy that sends %s and is not trusted, once, and the setting', (_, list, forwarded) => {
    const { lines, of } = warnings(['10.0.0.0/8'])
    for (let n = 0; n < 3; n += 1) of(from('203.0.113.9', list, forwarded))
    of(from('203.0.113.9'))
    of(from('10.1.2.3', list, forwarded))
    expect(lines).toEqual([{ message: expect.stringContaining('TRUSTED_PROXIES'), proxy: '203.0.113.9' }])
  })

  test('names a proxy that forwards what cannot be read, once, with a bounded part of it', () => {
    const { lines, of } = warnings(['loopback'])
    for (const list of ['x'.repeat(5_000), 'unknown', '']) of(from('127.0.0.1', list))
    expect(lines).toEqual([
      { message: expect.stringContaining('cannot be read'), proxy: '127.0.0.1', forwarded: 'x'.repeat(100) },
    ])
  })

  test('is not filled by clients who send such headers themselves', () => {
    const { lines, of } = warnings([])
    for (let n = 0; n < 200; n += 1) of(from(`203.0.113.${n}`, '198.51.100.1'))
    expect(lines).toHaveLength(20)
  })
})

test('a client whose address cannot be read is unknown to the list of devices, the audit and the log, and locks nobody else out', async () => {
  await using server = await startServer({ env: { TRUSTED_PROXIES: '127.0.0.1' } })
  const { api } = await signUpDevice(server, { 'x-forwarded-for': 'unknown' })
  expect(await api.devices.list.query()).toMatchObject([{ ipAddress: null, place: null }])
  expect(server.audits().at(-1)).toEqual(expect.objectContaining({ event: 'sign-in' }))
  expect(server.audits().at(-1)).not.toHaveProperty('ipAddress')
  // An account each, so that only their network counts.
  const attempt = (headers: Record<string, string>) =>
    server.browser(headers).post('/api/auth/sign-in/email', { email: newEmail(), password: 'a wrong password' })
  for (let n = 0; n < 50; n += 1) expect((await attempt({ 'x-forwarded-for': `_client-${n}` })).status).toBe(401)
  expect((await attempt({ forwarded: 'for=unknown' })).status, 'all of them count as one').toBe(429)
  expect((await attempt({})).status, 'the proxy itself').toBe(401)
  expect((await attempt({ 'x-forwarded-for': '203.0.113.7:50123' })).status, 'a known client').toBe(401)
  expect(server.lines().filter(({ msg }) => msg.includes('cannot be read'))).toMatchObject([
    { level: 'warn', proxy: '127.0.0.1' },
  ])
})

const forged = {
  'x-forwarded-for': '198.51.100.7',
  'x-rollcall-client-address': '192.0.2.66',
  'x-real-ip': '192.0.2.66',
  forwarded: 'for=192.0.2.66',
}

test.each([
  ['without trusted proxies no header counts', { TRUSTED_PROXIES: undefined }, '127.0.0.1'],
  ['behind a trusted proxy only its X-Forwarded-For counts', { TRUSTED_PROXIES: '127.0.0.1' }, '198.51.100.7'],
])('%s, in the list of devices, the audit and the log alike', async (_, env, address) => {
  await using server = await startServer({ env })
  const { api } = await signUpDevice(server, forged)
  expect(await api.devices.list.query()).toMatchObject([{ ipAddress: address }])
  expect(server.audits().at(-1)).toMatchObject({ event: 'sign-in', ipAddress: address })
  await api.devices.revokeAll.mutate()
  expect(server.audits().at(-1)).toMatchObject({ event: 'revoke-all', ipAddress: address })
  const warned = server.lines().filter(({ msg }) => msg.includes('TRUSTED_PROXIES'))
  expect(warned).toMatchObject(env.TRUSTED_PROXIES === undefined ? [{ level: 'warn', proxy: '127.0.0.1' }] : [])
})
