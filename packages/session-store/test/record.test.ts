import { expect, test } from 'vitest'
import { decodeDetails, decodeRecord, encodeDetails, encodeRecord, jsonOf } from '../src/record/record.js'

const times = {
  createdAt: 0x01_02_03_04_05_06,
  lastSeenAt: 0x11_12_13_14_15_16,
  idleDeadline: 0x21_22_23_24_25_26,
  absoluteDeadline: 0x31_32_33_34_35_36,
  authenticatedAt: 0x41_42_43_44_45_46,
}
const secretHash = Array.from({ length: 32 }, (_, n) => String.fromCharCode(200 + n)).join('')
const head = Buffer.concat([
  Buffer.from([1]),
  Buffer.from(secretHash, 'latin1'),
  Buffer.from('010203040506111213141516212223242526313233343536414243444546', 'hex'),
])

// The layout of docs/architecture.md, written down byte by byte.
const layouts: [string, Parameters<typeof encodeDetails>[0]][] = [
  ['\u0004\u0000\u0000ada', { userId: 'ada', ipAddress: null, userAgent: null, data: {} }],
  ['\u0004\u0001\u0000ada', { userId: 'ada', ipAddress: '', userAgent: null, data: {} }],
  ['\u0004\u0000\u0001ada', { userId: 'ada', ipAddress: null, userAgent: '', data: {} }],
  ['\u0001\u0003\u0002::x', { userId: '', ipAddress: '::', userAgent: 'x', data: {} }],
  ['\u0004\u0003\u0002ada::x{"a":1}', { userId: 'ada', ipAddress: '::', userAgent: 'x', data: { a: 1 } }],
  ['\u0004\u0000\u0000ada{"a":{}}', { userId: 'ada', ipAddress: null, userAgent: null, data: { a: {} } }],
  ['\u0003\u0000\u0000ü😀'.replace('\u0003', '\u0004'), { userId: 'ü😀', ipAddress: null, userAgent: null, data: {} }],
]

test.each(layouts)('details are the text %j', (text, details) => {
  expect(encodeDetails(details).toString()).toBe(text)
  expect(decodeDetails(text)).toEqual(details)
  const bytes = encodeRecord({ ...times, secretHash, ...details })
  expect(bytes).toEqual(Buffer.concat([head, Buffer.from(text)]))
  expect(decodeRecord(bytes)).toEqual({ ...times, secretHash, ...details, details: Buffer.from(text) })
})

test('the longest text is one shorter than the first character that is half of one', () => {
  const long = 'x'.repeat(0xd7_fe)
  const longest = { userId: long, ipAddress: long, userAgent: long, data: {} }
  expect(decodeDetails(encodeDetails(longest).toString())).toEqual(longest)
  for (const field of ['userId', 'ipAddress', 'userAgent']) {
    expect(() => encodeDetails({ ...longest, [field]: `${long}x` })).toThrow(
      new RangeError('A session holds no text longer than 55294'),
    )
  }
})

test.each([
  '',
  '\u0004',
  '\u0004\u0000',
  '\u0000\u0000\u0000',
  '\u0000\u0000\u0000{"a":1}',
  '\u0000\u0002\u0000{"a":1}', // of nobody, with an address that would be the third character
  '{}', // JSON where the lengths should be
  '\u0004\u0000\u0000ad',
  '\u0004\u0003\u0002ada::',
  '\u0004\u0000\u0000ada{',
  '\u0004\u0000\u0000adanull',
  '\u0004\u0000\u0000ada[1]',
  '\u0004\u0000\u0000ada7',
  '\u0004\u0000\u0000ada"text"',
])('the text %j holds no details', (text) => {
  expect(decodeDetails(text)).toBeNull()
  expect(decodeRecord(Buffer.concat([head, Buffer.from(text)]))).toBeNull()
})

test('a record of another version, or without a byte of details, is none', () => {
  const bytes = Buffer.concat([head, Buffer.from('\u0004\u0000\u0000ada')])
  expect(decodeRecord(bytes)).not.toBeNull()
  for (const version of [0, 2, 255])
    expect(decodeRecord(Buffer.concat([Buffer.from([version]), bytes.subarray(1)])), String(version)).toBeNull()
  for (const length of [0, 1, 62, 63]) expect(decodeRecord(bytes.subarray(0, length)), String(length)).toBeNull()
})

test('no data are no text', () => {
  expect(jsonOf({})).toBe('')
  expect(jsonOf({ a: undefined })).toBe('')
  expect(jsonOf({ a: null })).toBe('{"a":null}')
})
