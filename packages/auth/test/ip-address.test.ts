import { expect, test } from 'vitest'
import { readableAddress, UNKNOWN_CLIENT_ADDRESS } from '../src/sessions/ip-address.js'

test.each([
  ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
  ['::1', '::1'],
  ['192.0.2.1', '192.0.2.1'],
  ['unreadable', 'unreadable'],
  ['0.0.0.0', null],
  ['', null],
  [null, null],
  [undefined, null],
])('an address is shown as people know it, and an unknown one as none: %s', (address, shown) => {
  expect(readableAddress(address)).toBe(shown)
  expect(UNKNOWN_CLIENT_ADDRESS).toBe('0.0.0.0')
})
