import { createHash, randomBytes } from 'node:crypto'
import type { SessionDevice } from '@rollcall/devices'
import type { AuthContext, GenericEndpointContext } from '@better-auth/core'
import type { BetterAuthPluginDBSchema } from '@better-auth/core/db'
import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { deleteOlder } from '../request/delete-in-batches.js'
import { secretsOf, tokenFromCookie } from '../cookies/cookie.js'

// A device is one browser as one user knows it. The browser is remembered by a cookie that signs nobody in: a
// random id. We store a hash of that id and the user, which does not reveal that two users share a browser.

/** In seconds, 400 days: no browser keeps a cookie for longer. */
const COOKIE_LIFE_SECONDS = 400 * 24 * 60 * 60
/** Milliseconds that a sign-in has to notify its user, before another one from the same device does. */
const CLAIM_MS = 60_000
const BROWSER_ID = /^[\w-]{22}$/

export const deviceSchema = {
  device: {
    fields: {
      deviceId: { type: 'string', required: true, unique: true },
      userId: {
        type: 'string',
        required: true,
        index: true,
        references: { model: 'user', field: 'id', onDelete: 'cascade' },
      },
      name: { type: 'string', required: false },
      createdAt: { type: 'date', required: true },
      lastSeenAt: { type: 'date', required: true },
      /** The sign-in that its user has not been notified of. Empty once they have been. */
      unnotifiedSince: { type: 'date', required: false },
    },
  },
} satisfies BetterAuthPluginDBSchema

/** A flag that is false is left out, which keeps a record small. */
type StoredDevice = Omit<SessionDevice, 'isNew'> & { readonly isNew?: true }

/** The id of the request's browser from its cookie, or a new id. */
export function browserIdOf(ctx: GenericEndpointContext): string | null {
  if (!ctx.headers) return null
  return browserIdIn(ctx.headers, ctx.context) ?? randomBytes(16).toString('base64url')
}

type CookieContext = Pick<AuthContext, 'createAuthCookie' | 'secret' | 'secretConfig'>

function browserIdIn(headers: Headers, context: CookieContext): string | null {
  const id = tokenFromCookie(headers, cookieOf(context).name, secretsOf(context))
  return id !== null && BROWSER_ID.test(id) ? id : null
}

export async function rememberBrowser(ctx: GenericEndpointContext, browser: string): Promise<void> {
  const { name, attributes } = cookieOf(ctx.context)
  await ctx.setSignedCookie(name, browser, ctx.context.secret, attributes)
}

function cookieOf(context: Pick<AuthContext, 'createAuthCookie'>): ReturnType<AuthContext['createAuthCookie']> {
  return context.createAuthCookie('device', { maxAge: COOKIE_LIFE_SECONDS })
}

/**
 * The device that the browser of a request is to the account with this email address. `null` if it has not signed in to it since its
 * password changed: somebody with the old password could have made many. With a device cookie, the lookups are the same for an
 * account that does not exist.
 *
 * @throws what the database fails with.
 */
export async function knownDeviceOf(
  {
    adapter,
    internalAdapter,
    ...context
  }: CookieContext & Pick<AuthContext, 'internalAdapter'> & { readonly adapter: Pick<Rows, 'findOne'> },
  headers: Headers,
  email: string,
): Promise<string | null> {
  const browser = browserIdIn(headers, context)
  if (browser === null) return null
  const userId = (await internalAdapter.findUserByEmail(email))?.user.id ?? ''
  const deviceId = deviceIdOf(browser, userId)
  const [row, password] = await Promise.all([
    adapter.findOne<Row>({ model: 'device', where: whereDevice(deviceId) }),
    internalAdapter.findCredentialAccount(userId),
  ])
  return row !== null && password !== null && row.lastSeenAt >= password.updatedAt ? deviceId : null
}

/** It has 128 bits and no signature, so it outlives every secret. */
function deviceIdOf(browser: string, userId: string): string {
  return createHash('sha256').update(browser).update(userId).digest('base64url').slice(0, 22)
}

type Rows = Pick<DBTransactionAdapter, 'findOne' | 'create' | 'update' | 'deleteMany'>

interface Row {
  readonly lastSeenAt: Date
  readonly name?: string | null
  readonly unnotifiedSince?: Date | null
}

/**
 * Without its name, and not as a new one, when SQL gives no answer. Nobody is kept from signing in for that, unless the error has
 * already given a code back.
 */
export async function sessionDeviceFor(
  sql: Pick<Rows, 'findOne'>,
  browser: string,
  userId: string,
): Promise<StoredDevice> {
  const id = deviceIdOf(browser, userId)
  const row = await sql.findOne<Row>({ model: 'device', where: whereDevice(id) }).catch(() => undefined)
  return { id, name: row?.name ?? null, ...(row === null && { isNew: true }) }
}

/** Records a sign-in from it. `null` for a device that was not known before. */
export async function touchDevice(sql: Rows, deviceId: string, now: Date): Promise<'notified' | 'unnotified' | null> {
  const row = await sql.update<Row>({ model: 'device', where: whereDevice(deviceId), update: { lastSeenAt: now } })
  if (row === null) return null
  return row.unnotifiedSince ? 'unnotified' : 'notified'
}

/** `false` when another sign-in from the same browser was faster. */
export async function addDevice(
  sql: Rows,
  deviceId: string,
  userId: string,
  now: Date,
  { notified = false }: { readonly notified?: boolean } = {},
): Promise<boolean> {
  const forgotten = new Date(now.getTime() - COOKIE_LIFE_SECONDS * 1_000)
  await sql.deleteMany({
    model: 'device',
    where: [
      { field: 'userId', value: userId },
      { field: 'lastSeenAt', operator: 'lt', value: forgotten },
    ],
  })
  const unnotifiedSince = notified ? null : now
  try {
    await sql.create({ model: 'device', data: { deviceId, userId, createdAt: now, lastSeenAt: now, unnotifiedSince } })
    return true
  } catch (error) {
    if ((await touchDevice(sql, deviceId, now)) !== null) return false
    throw error
  }
}

/** Whether this sign-in is the one to notify its user of: an earlier one failed to, and is not just about to. */
export async function claimNotification(sql: Rows, deviceId: string, now: Date): Promise<boolean> {
  const earlier = new Date(now.getTime() - CLAIM_MS)
  const where: Where[] = [...whereDevice(deviceId), { field: 'unnotifiedSince', operator: 'lt', value: earlier }]
  return (await sql.update<Row>({ model: 'device', where, update: { unnotifiedSince: now } })) !== null
}

export async function isUnnotified(sql: Pick<Rows, 'findOne'>, deviceId: string): Promise<boolean> {
  const row = await sql.findOne<Row>({ model: 'device', where: whereDevice(deviceId) })
  return Boolean(row?.unnotifiedSince)
}

export async function recordNotified(sql: Rows, deviceId: string): Promise<void> {
  await sql.update({ model: 'device', where: whereDevice(deviceId), update: { unnotifiedSince: null } })
}

/** Deletes those that have not been signed in from for as long as a browser keeps their cookie. */
export async function deleteExpiredDevices(
  sql: Pick<DBTransactionAdapter, 'findMany' | 'deleteMany'>,
  now: Date,
  signal?: AbortSignal,
): Promise<void> {
  const before = new Date(now.getTime() - COOKIE_LIFE_SECONDS * 1_000)
  await deleteOlder(sql, { model: 'device', field: 'lastSeenAt', before }, signal)
}

/** `null` for a device that is not known. */
export async function firstSignInFrom(sql: Pick<Rows, 'findOne'>, deviceId: string): Promise<Date | null> {
  const row = await sql.findOne<{ createdAt: Date }>({ model: 'device', where: whereDevice(deviceId) })
  return row?.createdAt ?? null
}

/** The next sign-in from it counts as one from a new device. */
export async function deleteDevice(sql: Rows, deviceId: string): Promise<void> {
  await sql.deleteMany({ model: 'device', where: whereDevice(deviceId) })
}

function whereDevice(deviceId: string): Where[] {
  return [{ field: 'deviceId', value: deviceId }]
}
