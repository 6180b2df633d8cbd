import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openPlaces } from '../src/places.js'
import { signUpDevice, startServer } from './helpers.js'

const placeOf = openPlaces()

// Blocks that the research networks and national registries of these countries have held for decades.
test.each([
  ['131.188.0.10', 'DE', 'University of Erlangen'],
  ['130.60.1.1', 'CH', 'University of Zurich'],
  ['133.11.0.1', 'JP', 'University of Tokyo'],
  ['200.160.2.3', 'BR', 'NIC.br'],
  ['129.215.1.1', 'GB', 'University of Edinburgh'],
  ['18.4.5.6', 'US', 'MIT'],
  ['2001:638::1', 'DE', 'DFN'],
  ['2001:200::1', 'JP', 'WIDE'],
  ['2001:630::1', 'GB', 'Janet'],
  ['2001:660:0:0:0:0:0:1', 'FR', 'Renater, written out'],
  ['::ffff:131.188.0.10', 'DE', 'an IPv4 address mapped into IPv6'],
  ['::FFFF:83bc:a', 'DE', 'the same in hexadecimal'],
])('%s is in %s: %s', (address, code) => {
  expect(placeOf(address)).toEqual({ kind: 'country', code })
})

test.each([
  ['10.0.0.1'],
  ['10.255.255.255'],
  ['172.16.0.1'],
  ['172.31.255.255'],
  ['192.168.1.20'],
  ['127.0.0.1'],
  ['169.254.3.4'],
  ['100.64.0.1'],
  ['100.127.255.255'],
  ['::1'],
  ['fc00::1'],
  ['fdff:ffff::1'],
  ['fe80::1'],
  ['fe80::1%eth0'],
  ['::ffff:192.168.1.20'],
  ['::ffff:a00:1'],
])('%s is local', (address) => {
  expect(placeOf(address)).toEqual({ kind: 'local' })
})

describe('nothing is said of', () => {
  test.each([
    ['nobody', null],
    ['what is no address', 'unknown'],
    ['nothing', ''],
    ['an address of a documentation', '192.0.2.1'],
    ['one in IPv6', '2001:db8::1'],
    ['no address in particular', '0.0.0.0'],
    ['one in IPv6', '::'],
    ['everybody', '255.255.255.255'],
    ['a group', '224.0.0.1'],
    ['one in IPv6', 'ff02::1'],
    ['a shorthand', '10.1'],
    ['a number', '0x0a000001'],
    ['a number with a zero before it', '010.0.0.1'],
    ['a port', '10.0.0.1:80'],
    ['a range', '10.0.0.0/8'],
    ['a zone of an unusual name', 'fe80::1%eth-0'],
    ['a space', ' 10.0.0.1'],
    ['a second line', '10.0.0.1\n'],
  ])('%s: %j', (_, address) => {
    expect(placeOf(address)).toBeNull()
  })
})

test('any text and any address are answered, and what lies beside a local range is not local', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.ipV4(), fc.ipV4Extended(), fc.ipV6())
  const property = fc.property(texts, (text) => {
    const place = placeOf(text)
    if (place?.kind === 'country') expect(place.code).toMatch(/^[A-Z]{2}$/)
    else expect([null, { kind: 'local' }]).toContainEqual(place)
  })
  fc.assert(property, { numRuns: 2_000 })
  for (const neighbour of [
    '9.255.255.255',
    '11.0.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '100.63.255.255',
    '100.128.0.0',
    'fbff::1',
    'fe00::1',
  ]) {
    expect(placeOf(neighbour), neighbour).not.toEqual({ kind: 'local' })
  }
})

describe('a device', () => {
  const env = { TRUSTED_PROXIES: 'loopback' }

  test('is listed and streamed with the place of its address', async () => {
    await using server = await startServer({ env })
    const far = await signUpDevice(server, { 'x-forwarded-for': '131.188.0.10' })
    const near = server.browser({ 'x-forwarded-for': 'fd00::7' })
    await near.signIn(far.email)
    const nowhere = server.browser({ 'x-forwarded-for': '192.0.2.1' })
    await nowhere.signIn(far.email)
    const places = { '131.188.0.10': { kind: 'country', code: 'DE' }, 'fd00::7': { kind: 'local' }, '192.0.2.1': null }
    const placesOf = (devices: { ipAddress: string | null; place: unknown }[]) =>
      Object.fromEntries(devices.map(({ ipAddress, place }) => [ipAddress, place]))
    expect(placesOf(await far.api.devices.list.query())).toEqual(places)

    const stream = await far.stream()
    expect(await stream.next()).toMatchObject({ event: 'connected' })
    const first = (await stream.next())?.data as { devices: Parameters<typeof placesOf>[0] }
    expect(placesOf(first.devices)).toEqual(places)
    await stream.close()
  })

  test('has none with PLACES=off', async () => {
    await using server = await startServer({ env: { ...env, PLACES: 'off' } })
    const device = await signUpDevice(server, { 'x-forwarded-for': '131.188.0.10' })
    expect(await device.api.devices.list.query()).toMatchObject([{ ipAddress: '131.188.0.10', place: null }])
  })
})
