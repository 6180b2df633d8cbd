import { isObject, parseJson } from './json.js'

/** Data of the application, stored with a session. It must survive JSON. */
export type SessionData = Readonly<Record<string, unknown>>

export interface Details {
  readonly userId: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: SessionData
}

/** Details of a client of which nothing is known. */
export const noClientInfo = { ipAddress: null, userAgent: null, data: {} } as const satisfies Omit<Details, 'userId'>

/** One field of the user's hash: a fixed binary head that the scripts edit in place, then the details. */
export interface SessionRecord extends Details {
  /** A character a byte. */
  readonly secretHash: string
  /** All five in milliseconds since the epoch. */
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly idleDeadline: number
  readonly absoluteDeadline: number
  readonly authenticatedAt: number
}

export interface StoredRecord extends SessionRecord {
  /** The stored bytes after the head, to compare when the record is replaced. */
  readonly details: Buffer
}

const VERSION = 1
/** Offsets in bytes. lua/lib/record.lua has the same, counted from 1, and a test compares them. */
export const offsets = {
  secretHash: 1,
  createdAt: 33,
  lastSeenAt: 39,
  idleDeadline: 45,
  absoluteDeadline: 51,
  authenticatedAt: 57,
  details: 63,
} as const
/** Character codes above this are halves of characters. */
const MAX_LENGTH_CODE = 0xd7_ff

export function encodeRecord(record: SessionRecord): Buffer {
  const head = Buffer.alloc(offsets.details)
  head.writeUInt8(VERSION)
  head.write(record.secretHash, offsets.secretHash, 'latin1')
  head.writeUIntBE(record.createdAt, offsets.createdAt, 6)
  head.writeUIntBE(record.lastSeenAt, offsets.lastSeenAt, 6)
  head.writeUIntBE(record.idleDeadline, offsets.idleDeadline, 6)
  head.writeUIntBE(record.absoluteDeadline, offsets.absoluteDeadline, 6)
  head.writeUIntBE(record.authenticatedAt, offsets.authenticatedAt, 6)
  return Buffer.concat([head, encodeDetails(record)])
}

/**
 * UTF-8 text throughout, so that a message can hold it. Three characters, whose codes are the lengths of user id, IP address
 * and user agent plus one, 0 for none. Then these three texts, and the data as JSON unless it is empty.
 *
 * @throws {RangeError} for a text whose length is no character code.
 */
export function encodeDetails({ userId, ipAddress, userAgent, data }: Details): Buffer {
  const texts = [userId, ipAddress, userAgent]
  const lengths = texts.map((text) => (text === null ? 0 : text.length + 1))
  if (lengths.some((length) => length > MAX_LENGTH_CODE))
    throw new RangeError(`A session holds no text longer than ${MAX_LENGTH_CODE - 1}`)
  return Buffer.from([String.fromCharCode(...lengths), ...texts, jsonOf(data)].join(''))
}

/** Empty for no data. */
export function jsonOf(data: SessionData): string {
  const json = JSON.stringify(data)
  return json === '{}' ? '' : json
}

/** `null` if the text is not one of `encodeDetails`. */
export function decodeDetails(text: string): Details | null {
  const [id, address, agent] = [text.charCodeAt(0), text.charCodeAt(1), text.charCodeAt(2)] // NaN where there is none
  const addressAt = 2 + id
  const agentAt = addressAt + Math.max(address - 1, 0)
  const dataAt = agentAt + Math.max(agent - 1, 0)
  if (!(id > 0 && dataAt <= text.length)) return null
  const data = dataAt === text.length ? {} : parseData(text.slice(dataAt))
  if (data === null) return null
  return {
    userId: text.slice(3, addressAt),
    ipAddress: address === 0 ? null : text.slice(addressAt, agentAt),
    userAgent: agent === 0 ? null : text.slice(agentAt, dataAt),
    data,
  }
}

/** `null` if the bytes are not such a record: that session is invalid, and nothing else breaks. */
export function decodeRecord(bytes: Buffer): StoredRecord | null {
  if (bytes[0] !== VERSION) return null
  const details = decodeDetails(bytes.toString('utf8', offsets.details))
  if (details === null) return null
  const { userId, ipAddress, userAgent, data } = details
  return {
    secretHash: bytes.toString('latin1', offsets.secretHash, offsets.createdAt),
    createdAt: bytes.readUIntBE(offsets.createdAt, 6),
    lastSeenAt: bytes.readUIntBE(offsets.lastSeenAt, 6),
    idleDeadline: bytes.readUIntBE(offsets.idleDeadline, 6),
    absoluteDeadline: bytes.readUIntBE(offsets.absoluteDeadline, 6),
    authenticatedAt: bytes.readUIntBE(offsets.authenticatedAt, 6),
    details: bytes.subarray(offsets.details),
    userId,
    ipAddress,
    userAgent,
    data,
  }
}

/** The earlier of the two deadlines, in milliseconds since the epoch. */
export function deadlineOf({
  idleDeadline,
  absoluteDeadline,
}: Pick<SessionRecord, 'idleDeadline' | 'absoluteDeadline'>): number {
  return Math.min(idleDeadline, absoluteDeadline)
}

function parseData(json: string): SessionData | null {
  const value = parseJson(json)
  return isObject(value) ? value : null
}
