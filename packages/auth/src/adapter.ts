import type { SessionStore } from '@rollcall/session-store'
import type { DBAdapter, DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { recordAccountChanges } from './policy/account-changes.js'
import { type AfterWrite, doNothing, forEachOf } from './request/after-write.js'
import type { Audit } from './audit/audit.js'
import { recordErrors, recordTransaction } from './request/database-errors.js'
import { datePasswords } from './policy/date-passwords.js'
import { factorPolicy } from './policy/factor-policy.js'
import type { Model } from './request/model.js'
import { credentialPolicy, pendingLinks, recordNewUser } from './policy/policy.js'
import { countCode } from './proof/prove-by-code.js'
import { requestState } from './request/request-state.js'
import { announceAfter, hookedByCaller } from './sessions/revocations.js'
import { sessionModel } from './sign-in/session-adapter.js'
import { runningOr } from './request/transaction.js'
import { guardTrust } from './sign-in/trusted-device.js'
import { undoable } from './request/undo-on-outage.js'
import { verificationModel } from './links/verification-model.js'

/** better-auth's adapter with the model `session` on the store, hashes in the model `verification`, and the policy on every other model. */
export function rollcallAdapter(sql: DBAdapter, options: AdapterOptions): DBAdapter {
  const { store } = options
  return {
    ...sql,
    ...routeModels(undoable(sql, sql), sql, options),
    // The callback works with an adapter of its own: unwrapped, its sessions would pass the store by.
    transaction: async (work) => {
      const createdInTransaction: { userId: string; id: string }[] = []
      try {
        return await announceAfter(() =>
          recordTransaction(sql, (trx) => work(routeModels(undoable(trx, sql), sql, options, createdInTransaction))),
        )
      } catch (error) {
        // Redis does not roll back. Nobody was given these tokens, so a failure here changes nothing.
        await hookedByCaller(() =>
          Promise.allSettled(createdInTransaction.map(({ userId, id }) => store.revoke(userId, id))),
        )
        const { signedIn } = await requestState()
        for (const { id } of createdInTransaction) signedIn.delete(id)
        throw error
      }
    },
  }
}

export interface AdapterOptions {
  readonly store: SessionStore
  readonly audit: Audit
  /** Whether people are sent a link with which they take back what an intruder added. */
  readonly hasSecureLinks: boolean
}

function routeModels(
  unwatched: DBTransactionAdapter,
  committed: DBTransactionAdapter,
  { store, audit, hasSecureLinks }: AdapterOptions,
  createdInTransaction: { userId: string; id: string }[] = [],
): DBTransactionAdapter {
  const sql = datePasswords(recordErrors(unwatched), store.clock)
  const sessions = sessionModel(store, sql, audit)
  const verifications = guardTrust(verificationModel(sql, store.clock), sql, store)
  const policy = policyOn(sql, verifications, committed, { store, audit })
  const changes = hasSecureLinks ? recordAccountChanges(sql, verifications) : undefined
  /** `sql` for a model that the policy looks after. */
  const adapterFor = (model: string) =>
    model === 'session' ? sessions : model === 'verification' ? verifications : sql

  async function changeRows<T>({ model, where, update }: Change, write: () => Promise<T>): Promise<T> {
    await changes?.beforeUpdate(model, where, update)
    return writeUnderPolicy(policy.beforeUpdate(model, where, update), write)
  }

  return {
    ...sql,
    create: async (input) => {
      const adapter = adapterFor(input.model)
      if (adapter !== sql) {
        const row = await adapter.create<typeof input.data, never>(input)
        if (adapter === sessions) createdInTransaction.push(row)
        return row
      }
      const afterWrite = await policy.beforeCreate(input.model, input.data)
      const row = await sql.create<typeof input.data, never>(input)
      await recordNewUser(input.model, row)
      await changes?.afterCreate(input.model, row)
      await afterWrite(deletionOf(committed, input.model, row))
      return row
    },
    findOne: (input) => countCode(input.model).then(() => adapterFor(input.model).findOne(input)),
    findMany: (input) => adapterFor(input.model).findMany(input),
    count: (input) => adapterFor(input.model).count(input),
    update: async (input) => {
      const adapter = adapterFor(input.model)
      if (adapter !== sql) return adapter.update(input)
      return changeRows(input, () => sql.update<never>(input))
    },
    updateMany: async (input) => {
      const adapter = adapterFor(input.model)
      if (adapter !== sql) return adapter.updateMany(input)
      return changeRows(input, () => sql.updateMany(input))
    },
    delete: async (input) => {
      const adapter = adapterFor(input.model)
      if (adapter !== sql) return adapter.delete(input)
      return writeUnderPolicy(policy.beforeDelete(input.model, input.where), () => sql.delete(input))
    },
    deleteMany: async (input) => {
      const adapter = adapterFor(input.model)
      if (adapter !== sql) return adapter.deleteMany(input)
      return writeUnderPolicy(policy.beforeDelete(input.model, input.where), () => sql.deleteMany(input))
    },
    consumeOne: (input) => adapterFor(input.model).consumeOne(input),
    incrementOne: (input) => adapterFor(input.model).incrementOne(input),
  }
}

/** The adapter, which finds the rows of links and codes that it counts or deletes by the hash of their identifier. */
function withHashes(sql: DBTransactionAdapter, verifications: Model): DBTransactionAdapter {
  return {
    ...sql,
    count: (input) => (input.model === 'verification' ? verifications : sql).count(input),
    deleteMany: (input) => (input.model === 'verification' ? verifications : sql).deleteMany(input),
  }
}

interface Change {
  readonly model: string
  readonly where: Where[]
  readonly update: object
}

function deletionOf(committed: DBTransactionAdapter, model: string, { id }: { readonly id: string }) {
  return () => runningOr(committed).delete({ model, where: [{ field: 'id', value: id }] })
}

function policyOn(
  sql: DBTransactionAdapter,
  verifications: Model,
  committed: DBTransactionAdapter,
  { store, audit }: Pick<AdapterOptions, 'store' | 'audit'>,
): Policy {
  const hashing = withHashes(sql, verifications)
  const credentials = credentialPolicy(hashing, store, audit)
  const factors = factorPolicy(sql, committed, store, audit)
  const both = [credentials, factors]
  return {
    beforeCreate: (model, data) => forEachOf(both, (policy) => policy.beforeCreate(model, data)),
    beforeUpdate: (model, where, update) =>
      forEachOf([...both, pendingLinks(hashing)], (policy) => policy.beforeUpdate(model, where, update)),
    beforeDelete: (model, where) => forEachOf(both, (policy) => policy.beforeDelete(model, where)),
  }
}

interface Policy {
  beforeCreate(model: string, data: object): Promise<AfterWrite>
  beforeUpdate(model: string, where: Where[], update: object): Promise<AfterWrite>
  beforeDelete(model: string, where: Where[]): Promise<AfterWrite>
}

/** Revokes before the row is written, so that an outage stops the change, and again after it. */
async function writeUnderPolicy<T>(beforeWrite: Promise<AfterWrite>, write: () => Promise<T>): Promise<T> {
  const afterWrite = await beforeWrite
  const result = await write()
  await afterWrite(doNothing)
  return result
}
