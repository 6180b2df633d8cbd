import type { SessionStore } from '@rollcall/session-store'
import type { DBAdapter, DBTransactionAdapter } from '@better-auth/core/db/adapter'
import type { Audit } from './audit.js'
import { policy } from './policy.js'
import { requestState } from './request-state.js'
import { consumed, dated } from './second-factor.js'
import { sessionModel } from './session-adapter.js'

/** better-auth's adapter with the model `session` on the store, and the policy on every other model. */
export function rollcallAdapter(sql: DBAdapter, store: SessionStore, audit: Audit): DBAdapter {
  return {
    ...sql,
    ...routed(sql, store, audit),
    // The callback works with an adapter of its own: unwrapped, its sessions would pass the store by.
    transaction: async (work) => {
      const born: { userId: string; id: string }[] = []
      try {
        return await sql.transaction((trx) => work(routed(trx, store, audit, born)))
      } catch (error) {
        // Redis does not roll back. Nobody was given these tokens, so a failure here changes nothing.
        await Promise.allSettled(born.map(({ userId, id }) => store.revoke(userId, id)))
        const { signedIn } = await requestState()
        for (const { id } of born) signedIn.delete(id)
        throw error
      }
    },
  }
}

function routed(
  sql: DBTransactionAdapter,
  store: SessionStore,
  audit: Audit,
  born: { userId: string; id: string }[] = [],
): DBTransactionAdapter {
  const sessions = sessionModel(store, sql, audit)
  const { creating, created, updating, deleting } = policy(sql, store, audit)
  const isSession = ({ model }: { model: string }): boolean => model === 'session'

  return {
    ...sql,
    create: async (input) => {
      if (isSession(input)) {
        const row = await sessions.create<typeof input.data, never>(input)
        if (row !== null) born.push(row)
        return row
      }
      const written = await creating(input.model, input.data)
      const row = await sql.create<typeof input.data, never>({ ...input, data: await dated(input.model, input.data) })
      await created(input.model, row)
      await written()
      return row
    },
    findOne: (input) => (isSession(input) ? sessions : sql).findOne(input),
    findMany: (input) => (isSession(input) ? sessions : sql).findMany(input),
    count: (input) => (isSession(input) ? sessions : sql).count(input),
    update: async (input) => {
      if (isSession(input)) return sessions.update(input)
      const written = await updating(input.model, input.where, input.update)
      const result = await sql.update<never>(input)
      await written()
      return result
    },
    updateMany: async (input) => {
      if (isSession(input)) return sessions.updateMany(input)
      const written = await updating(input.model, input.where, input.update)
      const result = await sql.updateMany(input)
      await written()
      return result
    },
    delete: async (input) => {
      if (isSession(input)) return sessions.delete(input)
      const written = await deleting(input.model, input.where)
      await sql.delete(input)
      await written()
    },
    deleteMany: async (input) => {
      if (isSession(input)) return sessions.deleteMany(input)
      const written = await deleting(input.model, input.where)
      const count = await sql.deleteMany(input)
      await written()
      return count
    },
    consumeOne: async <T>(input: Parameters<DBTransactionAdapter['consumeOne']>[0]) => {
      if (isSession(input)) return sessions.consumeOne<T>(input)
      const row = await sql.consumeOne<T>(input)
      await consumed(input.model, row)
      return row
    },
    incrementOne: (input) => (isSession(input) ? sessions : sql).incrementOne(input),
  }
}
