import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { currentPath } from './current-endpoint.js'
import { EVERY_ROW } from './every-row.js'
import { requestState } from './request-state.js'
import { unavailableError } from './unavailable.js'

// Before it asks for the session, better-auth uses up a code and turns the second factor on or off in SQL. If Redis or SQL then
// gives no answer, the person must not have lost a code. Nor may a factor be on whose codes they were never shown.

type Row = Record<string, unknown> & { readonly id: string }

/** The models that an endpoint of the second factor changes. */
const MODELS = new Set(['user', 'twoFactor', 'verification'])

/**
 * The adapter, which remembers how to take back what an endpoint of the second factor writes. An undo uses `committed`, which works
 * outside of a transaction: that of `sql` is over by then.
 */
export function undoable<Adapter extends DBTransactionAdapter>(sql: Adapter, committed: DBTransactionAdapter): Adapter {
  async function rowsBefore(model: string, where: Where[]): Promise<Row[]> {
    return writesFactor(model) ? sql.findMany<Row>({ model, where, limit: EVERY_ROW }) : []
  }
  /** Before the write: if its answer is lost, it may be made. To take back a write that was not made changes nothing. */
  async function recordUndo(undo: () => Promise<unknown>): Promise<void> {
    ;(await requestState()).undos.push(undo)
  }
  const createAgain = (model: string, row: Row) => () => committed.create({ model, data: row, forceAllowId: true })
  const changeBack = (model: string, row: Row, update: Record<string, unknown>) => () =>
    committed.update({
      model,
      where: [{ field: 'id', value: row.id }, ...asWritten(update)],
      update: Object.fromEntries(Object.keys(update).map((field) => [field, row[field]])),
    })

  return {
    ...sql,
    update: async <T>(input: Parameters<DBTransactionAdapter['update']>[0]) => {
      for (const row of await rowsBefore(input.model, input.where))
        await recordUndo(changeBack(input.model, row, input.update))
      return sql.update<T>(input)
    },
    incrementOne: async <T>(input: Parameters<DBTransactionAdapter['incrementOne']>[0]) => {
      const { model, where, set } = input
      const before = set && (await rowsBefore(model, where))
      const recordUndos = async (): Promise<void> => {
        if (set) for (const row of before ?? []) await recordUndo(changeBack(model, row, set))
      }
      const updated = await sql.incrementOne<T>(input).catch(async (error: unknown) => {
        await recordUndos()
        throw error
      })
      if (updated !== null) await recordUndos() // otherwise somebody else was first
      return updated
    },
    delete: async (input) => {
      for (const row of await rowsBefore(input.model, input.where)) await recordUndo(createAgain(input.model, row))
      await sql.delete(input)
    },
    consumeOne: async <T>(input: Parameters<DBTransactionAdapter['consumeOne']>[0]) => {
      const row = await sql.consumeOne<T>(input)
      // The cast: every table of better-auth has an id.
      if (row !== null && writesFactor(input.model)) await recordUndo(createAgain(input.model, row as T & Row))
      return row
    },
  }
}

/** Somebody else may have written since: their codes must neither come back nor be lost. A flag can only be put back. */
function asWritten(update: Record<string, unknown>): Where[] {
  return Object.entries(update).flatMap(([field, value]) => (typeof value === 'string' ? [{ field, value }] : []))
}

function writesFactor(model: string): boolean {
  return MODELS.has(model) && (currentPath()?.startsWith('/two-factor/') ?? false)
}

/** Call it once the request has made a session or given one a new secret. All that it used up stays used up from then on. */
export async function keepWrites(): Promise<void> {
  ;(await requestState()).undos.splice(0)
}

/** Throws if something was taken back, such as the code that the request would act on. */
export async function requireNotUndone(): Promise<void> {
  const { isUndone, databaseError } = await requestState()
  if (isUndone) throw databaseError ?? unavailableError()
}

/** Takes back what this request wrote, last first. Best effort: SQL may be away too. */
export async function undoWrites(): Promise<void> {
  const state = await requestState()
  const { undos } = state
  if (undos.length > 0) state.isUndone = true
  for (const undo of undos.splice(0).toReversed()) await undo().catch(() => undefined)
}
