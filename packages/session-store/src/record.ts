/** What the application keeps with a session. It must survive JSON. */
export type SessionData = Readonly<Record<string, unknown>>

/** One field of the user's hash: a fixed binary head that the scripts edit in place, then JSON. */
export interface SessionRecord {
  readonly secretHash: Buffer
  /** All four in milliseconds since the epoch. */
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly idleDeadline: number
  readonly absoluteDeadline: number
  /** The JSON part as stored, to be compared when it is replaced. */
  readonly details: Buffer
  readonly userId: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: SessionData
}

// lua/record.lua reads the same layout; Lua counts from 1.
const VERSION = 1
const HASH = 1
const CREATED_AT = 33
const LAST_SEEN_AT = 39
const IDLE_DEADLINE = 45
const ABSOLUTE_DEADLINE = 51
const DETAILS = 57

export function encodeRecord(record: Omit<SessionRecord, 'details'>): Buffer {
  const head = Buffer.alloc(DETAILS)
  head.writeUInt8(VERSION)
  record.secretHash.copy(head, HASH)
  head.writeUIntBE(record.createdAt, CREATED_AT, 6)
  head.writeUIntBE(record.lastSeenAt, LAST_SEEN_AT, 6)
  head.writeUIntBE(record.idleDeadline, IDLE_DEADLINE, 6)
  head.writeUIntBE(record.absoluteDeadline, ABSOLUTE_DEADLINE, 6)
  return Buffer.concat([head, encodeDetails(record)])
}

export function encodeDetails(record: Pick<SessionRecord, 'userId' | 'ipAddress' | 'userAgent' | 'data'>): Buffer {
  return Buffer.from(JSON.stringify([record.userId, record.ipAddress, record.userAgent, record.data]))
}

/** `null` when the bytes are not a record of ours: such a session is invalid, and nothing else breaks. */
export function decodeRecord(bytes: Buffer): SessionRecord | null {
  if (bytes.length <= DETAILS || bytes.readUInt8() !== VERSION) return null
  const details = bytes.subarray(DETAILS)
  const parsed = decodeDetails(details)
  if (parsed === null) return null
  return {
    secretHash: bytes.subarray(HASH, CREATED_AT),
    createdAt: bytes.readUIntBE(CREATED_AT, 6),
    lastSeenAt: bytes.readUIntBE(LAST_SEEN_AT, 6),
    idleDeadline: bytes.readUIntBE(IDLE_DEADLINE, 6),
    absoluteDeadline: bytes.readUIntBE(ABSOLUTE_DEADLINE, 6),
    details,
    ...parsed,
  }
}

/** `null` when the JSON part is none of ours. */
export function decodeDetails(details: Buffer): Pick<SessionRecord, 'userId' | 'ipAddress' | 'userAgent' | 'data'> | null {
  let value: unknown
  try {
    value = JSON.parse(details.toString())
  } catch {
    return null
  }
  if (!isFour(value)) return null
  const [userId, ipAddress, userAgent, data] = value
  if (typeof userId !== 'string' || !isText(ipAddress) || !isText(userAgent) || !isData(data)) return null
  return { userId, ipAddress, userAgent, data }
}

function isFour(value: unknown): value is [unknown, unknown, unknown, unknown] {
  return Array.isArray(value) && value.length === 4
}

function isText(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function isData(value: unknown): value is SessionData {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
