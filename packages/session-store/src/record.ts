/** What the application keeps with a session. It must survive JSON. */
export type SessionData = Readonly<Record<string, unknown>>

export interface Details {
  readonly userId: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: SessionData
}

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

// lua/record.lua reads the same head; Lua counts from 1.
const VERSION = 1
const HASH = 1
const CREATED_AT = 33
const LAST_SEEN_AT = 39
const IDLE_DEADLINE = 45
const ABSOLUTE_DEADLINE = 51
const AUTHENTICATED_AT = 57
const DETAILS = 63
/** The codes from here on are halves of characters. */
const LONGEST = 0xd7_ff

export function encodeRecord(record: SessionRecord): Buffer {
  const head = Buffer.alloc(DETAILS)
  head.writeUInt8(VERSION)
  head.write(record.secretHash, HASH, 'latin1')
  head.writeUIntBE(record.createdAt, CREATED_AT, 6)
  head.writeUIntBE(record.lastSeenAt, LAST_SEEN_AT, 6)
  head.writeUIntBE(record.idleDeadline, IDLE_DEADLINE, 6)
  head.writeUIntBE(record.absoluteDeadline, ABSOLUTE_DEADLINE, 6)
  head.writeUIntBE(record.authenticatedAt, AUTHENTICATED_AT, 6)
  return Buffer.concat([head, encodeDetails(record)])
}

/**
 * UTF-8 text throughout, so that it can be told in a message: a character each whose code is the length of
 * user id, address and user agent plus one, 0 for none; these three; then the data as JSON, unless empty.
 *
 * @throws {RangeError} for a text that is too long for its length to be a character.
 */
export function encodeDetails({ userId, ipAddress, userAgent, data }: Details): Buffer {
  const texts = [userId, ipAddress, userAgent]
  const lengths = texts.map((text) => (text === null ? 0 : text.length + 1))
  if (lengths.some((length) => length > LONGEST)) throw new RangeError(`A session holds no text longer than ${LONGEST - 1}`)
  return Buffer.from([String.fromCharCode(...lengths), ...texts, jsonOf(data)].join(''))
}

/** Empty for no data. */
export function jsonOf(data: SessionData): string {
  const json = JSON.stringify(data)
  return json === '{}' ? '' : json
}

/** `null` when the text is not one of `encodeDetails`. */
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

/** `null` when the bytes are not a record of ours: such a session is invalid, and nothing else breaks. */
export function decodeRecord(bytes: Buffer): StoredRecord | null {
  if (bytes[0] !== VERSION) return null
  const details = decodeDetails(bytes.toString('utf8', DETAILS))
  if (details === null) return null
  const { userId, ipAddress, userAgent, data } = details
  return {
    secretHash: bytes.toString('latin1', HASH, CREATED_AT),
    createdAt: bytes.readUIntBE(CREATED_AT, 6),
    lastSeenAt: bytes.readUIntBE(LAST_SEEN_AT, 6),
    idleDeadline: bytes.readUIntBE(IDLE_DEADLINE, 6),
    absoluteDeadline: bytes.readUIntBE(ABSOLUTE_DEADLINE, 6),
    authenticatedAt: bytes.readUIntBE(AUTHENTICATED_AT, 6),
    details: bytes.subarray(DETAILS),
    userId,
    ipAddress,
    userAgent,
    data,
  }
}

function parseData(json: string): SessionData | null {
  try {
    const value: unknown = JSON.parse(json)
    return isData(value) ? value : null
  } catch {
    return null
  }
}

function isData(value: unknown): value is SessionData {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
