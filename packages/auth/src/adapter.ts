import type { SessionStore } from '@rollcall/session-store'
import type { DBAdapter, DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { recordAccountChanges } from './account-changes.js'
import { type AfterWrite, forEachOf } from './after-write.js'
import type { Audit } from './audit.js'
import { isSessionOver } from './current-session.js'
import { recordErrors, recordTransaction } from './database-errors.js'
import { factorPolicy } from './factor-policy.js'
import type { Model } from './model.js'
import { credentialPolicy, recordNewUser } from './policy.js'
import { countCode } from './prove-by-code.js'
import { requestState } from './request-state.js'
import { announceAfter, hookedByCaller } from './revocations.js'
import { sessionModel } from './session-adapter.js'
import { guardTrust } from './trusted-device.js'
import { undoable } from './undo-on-outage.js'
import { verificationModel } from './verification-model.js'

/** better-auth's adapter with the model `session` on the store, hashes in the model `verification`, and the policy on every other model. */
export function rollcallAdapter(sql: DBAdapter, options: AdapterOptions): DBAdapter {
  const { store } = options
  return {
    ...sql,
    ...routeModels(undoable(sql, sql), options),
    // The callback works with an adapter of its own: unwrapped, its sessions would pass the store by.
    transaction: async (work) => {
      const createdInTransaction: { userId: string; id: string }[] = []
      try {
        return await announceAfter(() =>
          recordTransaction(sql, (trx) => work(routeModels(undoable(trx, sql), options, createdInTransaction))),
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
  { store, audit, hasSecureLinks }: AdapterOptions,
  createdInTransaction: { userId: string; id: string }[] = [],
): DBTransactionAdapter {
  const sql = recordErrors(unwatched)
  const sessions = sessionModel(store, sql, audit)
  const verifications = guardTrust(verificationModel(sql, store.clock), sql, store)
  const hashing = withHashes(sql, verifications)
  const policy = joinPolicies(credentialPolicy(hashing, store, audit), factorPolicy(sql, store, audit))
  const changes = hasSecureLinks ? recordAccountChanges(sql, verifications) : undefined
  /** `sql` for a model that the policy looks after. */
  const adapterFor = (model: string) =>
    model === 'session' ? sessions : model === 'verification' ? verifications : sql

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
      return keepOrDelete(sql, input.model, row, afterWrite)
    },
    findOne: (input) => countCode(input.model).then(() => adapterFor(input.model).findOne(input)),
    findMany: (input) => adapterFor(input.model).findMany(input),
    count: (input) => adapterFor(input.model).count(input),
    update: async (input) => {
      const { model, where, update } = input
      const adapter = adapterFor(model)
      if (adapter !== sql) return adapter.update(input)
      await changes?.beforeUpdate(model, where, update)
      return writeUnderPolicy(policy.beforeUpdate(model, where, update), () => sql.update<never>(input))
    },
    updateMany: async (input) => {
      const { model, where, update } = input
      const adapter = adapterFor(model)
      if (adapter !== sql) return adapter.updateMany(input)
      await changes?.beforeUpdate(model, where, update)
      return writeUnderPolicy(policy.beforeUpdate(model, where, update), () => sql.updateMany(input))
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

/** The adapter, which finds the rows of links and codes that it deletes by the hash of their identifier. */
function withHashes(sql: DBTransactionAdapter, verifications: Model): DBTransactionAdapter {
  return {
    ...sql,
    deleteMany: (input) => (input.model === 'verification' ? verifications : sql).deleteMany(input),
  }
}

/** A session that was revoked meanwhile adds nothing. */
async function keepOrDelete<Row extends { readonly id: string }>(
  sql: DBTransactionAdapter,
  model: string,
  row: Row,
  afterWrite: AfterWrite,
): Promise<Row> {
  try {
    await afterWrite()
  } catch (error) {
    if (isSessionOver(error)) await sql.delete({ model, where: [{ field: 'id', value: row.id }] })
    throw error
  }
  return row
}

interface Policy {
  beforeCreate(model: string, data: object): Promise<AfterWrite>
  beforeUpdate(model: string, where: Where[], update: object): Promise<AfterWrite>
  beforeDelete(model: string, where: Where[]): Promise<AfterWrite>
}

function joinPolicies(first: Policy, second: Policy): Policy {
  const join = (ask: (policy: Policy) => Promise<AfterWrite>) => forEachOf([first, second], ask)
  return {
    beforeCreate: (model, data) => join((policy) => policy.beforeCreate(model, data)),
    beforeUpdate: (model, where, update) => join((policy) => policy.beforeUpdate(model, where, update)),
    beforeDelete: (model, where) => join((policy) => policy.beforeDelete(model, where)),
  }
}

/** Revokes before the row is written, so that an outage stops the change, and again after it. */
async function writeUnderPolicy<T>(beforeWrite: Promise<AfterWrite>, write: () => Promise<T>): Promise<T> {
  const afterWrite = await beforeWrite
  const result = await write()
  await afterWrite()
  return result
}
