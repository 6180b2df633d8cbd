import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { z } from 'zod'
import { EVERY_ROW } from '../request/every-row.js'
import { requestState } from '../request/request-state.js'
import type { Model } from '../request/model.js'

// "This wasn’t me" must also close each way in that an intruder added. Not every table of a plugin dates its rows, and none
// keeps an earlier value. So each such change is recorded as a row of the model `verification`, dated by Redis' clock.

/** The tables whose rows sign in beside the password, each with the field that names its user. */
const waysIn: Readonly<Record<string, string>> = {
  account: 'userId',
  passkey: 'userId',
  walletAddress: 'userId',
  apikey: 'referenceId',
  ssoProvider: 'userId',
}

const change = z.union([
  z.object({ added: z.string(), id: z.string() }),
  z.object({ secondFactor: z.literal(true) }),
  /** The number before the change. */
  z.object({ phoneNumber: z.string().nullable() }),
])
type Change = z.infer<typeof change>

/** Longer than a link about a new device works, counted from when its mail is sent. */
const RETENTION_MS = 14 * 24 * 60 * 60 * 1_000
/** Between a change and the sign-in that it is compared with, because the clocks of servers differ. */
const SLACK_MS = 60_000

const identifierOf = (userId: string): string => `account-change:${userId}`

/** Records the changes of one adapter, in its transaction. `verifications` is the model `verification` of the same adapter. */
export function recordAccountChanges(sql: DBTransactionAdapter, verifications: Model) {
  async function record(userId: string, value: Change): Promise<void> {
    if ((await requestState()).newUsers.has(userId)) return
    const now = new Date()
    const times = { createdAt: now, updatedAt: now, expiresAt: new Date(now.getTime() + RETENTION_MS) }
    const data = { identifier: identifierOf(userId), value: JSON.stringify(value), ...times }
    await verifications.create({ model: 'verification', data })
  }

  return {
    async afterCreate(model: string, row: unknown): Promise<void> {
      const userField = waysIn[model]
      if (userField !== undefined) {
        const added = rowWithId.safeParse(row).data
        const userId = added?.[userField]
        if (added !== undefined && typeof userId === 'string') await record(userId, { added: model, id: added.id })
      }
      const owner = model === 'twoFactor' ? withUser.safeParse(row).data : undefined
      if (owner !== undefined) await record(owner.userId, { secondFactor: true })
    },

    async beforeUpdate(model: string, where: Where[], update: object): Promise<void> {
      if (model === 'twoFactor' && replacesSecondFactor(update)) {
        for (const { userId } of await sql.findMany<{ userId: string }>({ model, where, limit: EVERY_ROW }))
          await record(userId, { secondFactor: true })
      }
      if (model === 'user' && 'phoneNumber' in update) {
        const query = { model, where, limit: EVERY_ROW }
        const users = await sql.findMany<{ id: string; phoneNumber?: string | null }>(query)
        for (const { id, phoneNumber = null } of users)
          if (phoneNumber !== update.phoneNumber) await record(id, { phoneNumber })
      }
    },
  }
}

const rowWithId = z.looseObject({ id: z.string() })
const withUser = z.object({ userId: z.string() })

/** A backup code that is used up replaces nothing: better-auth writes the others anew as a counter, not as an update. */
function replacesSecondFactor(update: object): boolean {
  return ['secret', 'backupCodes', 'verified'].some((field) => field in update)
}

/** The part of better-auth's context that is needed. */
interface Account {
  readonly adapter: DBTransactionAdapter
  readonly tables: Readonly<Record<string, unknown>>
}

/**
 * Takes away what was added to an account since a time: passkeys, linked providers, wallets, API keys and the second factor. A
 * changed phone number is put back. Doing so twice changes nothing more.
 *
 * @throws {Error} of the database.
 */
export async function undoAccountChanges({ adapter, tables }: Account, userId: string, since: Date): Promise<void> {
  for (const made of await changesSince(adapter, userId, since)) await undo(made)

  async function undo(made: Change): Promise<void> {
    if ('added' in made) {
      const userField = waysIn[made.added]
      if (userField === undefined || !(made.added in tables)) return
      await adapter.deleteMany({ model: made.added, where: [ofUser(userField), { field: 'id', value: made.id }] })
    } else if ('phoneNumber' in made) {
      await adapter.update({ model: 'user', where: [ofUser('id')], update: { phoneNumber: made.phoneNumber } })
    } else if ('twoFactor' in tables) {
      await adapter.update({ model: 'user', where: [ofUser('id')], update: { twoFactorEnabled: false } })
      await adapter.deleteMany({ model: 'twoFactor', where: [ofUser('userId')] })
    }
  }

  function ofUser(field: string): Where {
    return { field, value: userId }
  }
}

/** The rows that `undoAccountChanges` would take away. It also turns off a second factor that was turned on or replaced since. */
export async function additionsSince(
  adapter: DBTransactionAdapter,
  userId: string,
  since: Date,
): Promise<{
  readonly rows: readonly { readonly model: string; readonly id: string }[]
  readonly secondFactor: boolean
}> {
  const changes = await changesSince(adapter, userId, since)
  return {
    rows: changes.flatMap((made) => ('added' in made ? [{ model: made.added, id: made.id }] : [])),
    secondFactor: changes.some((made) => 'secondFactor' in made),
  }
}

/** The latest first, so that the earliest phone number is put back last. */
async function changesSince(adapter: DBTransactionAdapter, userId: string, since: Date): Promise<Change[]> {
  const rows = await adapter.findMany<{ value: string; createdAt: Date }>({
    model: 'verification',
    where: [{ field: 'identifier', value: identifierOf(userId) }],
    limit: EVERY_ROW,
    sortBy: { field: 'createdAt', direction: 'desc' },
  })
  const from = since.getTime() - SLACK_MS
  return rows
    .filter(({ createdAt }) => createdAt.getTime() >= from)
    .flatMap(({ value }) => change.safeParse(JSON.parse(value)).data ?? [])
}

/** Call it once they are undone for good. */
export async function forgetAccountChanges(adapter: DBTransactionAdapter, userId: string): Promise<void> {
  await adapter.deleteMany({ model: 'verification', where: [{ field: 'identifier', value: identifierOf(userId) }] })
}
