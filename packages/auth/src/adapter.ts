import type { SessionStore } from '@rollcall/session-store'
import type { DBAdapter, DBTransactionAdapter } from '@better-auth/core/db/adapter'
import type { Audit } from './audit.js'
import { policy } from './policy.js'
import { requestState } from './request-state.js'
import { sessionModel } from './session-adapter.js'
import { verificationModel } from './verification-model.js'

/** better-auth's adapter with the model `session` on the store, hashes in the model `verification`, and the policy on every other model. */
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
  const verifications = verificationModel(sql, store.clock)
  const { creating, created, updating, deleting } = policy(sql, store, audit)
  /** `sql` for a model that the policy looks after. */
  const homeOf = (model: string) => (model === 'session' ? sessions : model === 'verification' ? verifications : sql)

  return {
    ...sql,
    create: async (input) => {
      const home = homeOf(input.model)
      if (home !== sql) {
        const row = await home.create<typeof input.data, never>(input)
        if (home === sessions && row !== null) born.push(row)
        return row
      }
      const written = await creating(input.model, input.data)
      const row = await sql.create<typeof input.data, never>(input)
      await created(input.model, row)
      await written()
      return row
    },
    findOne: (input) => homeOf(input.model).findOne(input),
    findMany: (input) => homeOf(input.model).findMany(input),
    count: (input) => homeOf(input.model).count(input),
    update: async (input) => {
      const home = homeOf(input.model)
      if (home !== sql) return home.update(input)
      const written = await updating(input.model, input.where, input.update)
      const result = await sql.update<never>(input)
      await written()
      return result
    },
    updateMany: async (input) => {
      const home = homeOf(input.model)
      if (home !== sql) return home.updateMany(input)
      const written = await updating(input.model, input.where, input.update)
      const result = await sql.updateMany(input)
      await written()
      return result
    },
    delete: async (input) => {
      const home = homeOf(input.model)
      if (home !== sql) return home.delete(input)
      const written = await deleting(input.model, input.where)
      await sql.delete(input)
      await written()
    },
    deleteMany: async (input) => {
      const home = homeOf(input.model)
      if (home !== sql) return home.deleteMany(input)
      const written = await deleting(input.model, input.where)
      const count = await sql.deleteMany(input)
      await written()
      return count
    },
    consumeOne: (input) => homeOf(input.model).consumeOne(input),
    incrementOne: (input) => homeOf(input.model).incrementOne(input),
  }
}
