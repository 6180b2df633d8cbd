import type { SessionStore } from '@rollcall/session-store'
import type { DBAdapter, DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { recordAccountChanges } from './policy/account-changes.js'
import { runWithTransaction } from '@better-auth/core/context'
import { type AfterWrite, doNothing, forEachOf, type OnChange } from './policy/after-write.js'
import type { Audit } from './audit/audit.js'
import { recordErrors, recordTransaction } from './request/database-errors.js'
import { datePasswords } from './policy/date-passwords.js'
import { factorPolicy } from './policy/factor-policy.js'
import type { Model } from './request/model.js'
import { credentialPolicy, pendingLinks, recordNewUser } from './policy/policy.js'
import { countCode } from './proof/prove-by-code.js'
import { requestState } from './request/request-state.js'
import { announceAfter, leaveHooksToCaller } from './sessions/revocations.js'
import { sessionModel } from './sign-in/session-adapter.js'
import { currentTransaction, runningOr } from './request/transaction.js'
import { guardTrust } from './sign-in/trusted-device.js'
import { undoable } from './request/undo-on-outage.js'
import { verificationModel } from './links/verification-model.js'

/** better-auth's adapter with the model `session` on the store, hashes in the model `verification`, and the policy on every other model. */
export function rollcallAdapter(sql: DBAdapter, options: AdapterOptions): DBAdapter {
  const { store } = options
  return {
    ...sql,
    ...routeModels(undoable(sql, sql), sql, options, [], (work) => atomically(sql, work)),
    // The callback works with an adapter of its own: unwrapped, its sessions would pass the store by.
    transaction: async (work) => {
      const createdInTransaction: { userId: string; id: string }[] = []
      try {
        return await announceAfter(() =>
          recordTransaction(sql, (trx) => work(routeModels(undoable(trx, sql), sql, options, createdInTransaction))),
        )
      } catch (error) {
        // Redis does not roll back. Nobody was given these tokens, so a failure here changes nothing.
        await leaveHooksToCaller(() =>
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
  readonly onChange: OnChange
  /** Whether people are sent a link with which they take back what an intruder added. */
  readonly hasSecureLinks: boolean
}

/** Does work on the adapter of a transaction. */
type Atomically = <T>(work: (trx: DBTransactionAdapter) => Promise<T>) => Promise<T>

/** In the transaction that runs, or else in one of its own. Then better-auth's hooks for after the commit wait for its end. */
async function atomically<T>(sql: DBAdapter, work: (trx: DBTransactionAdapter) => Promise<T>): Promise<T> {
  const inTransaction = (trx = sql as DBTransactionAdapter) => work(undoable(trx, sql))
  if (currentTransaction.getStore() !== undefined) return inTransaction(currentTransaction.getStore())
  const recorded: DBAdapter = { ...sql, transaction: (whole) => recordTransaction(sql, whole) }
  return runWithTransaction(recorded, () => inTransaction(currentTransaction.getStore()))
}

function routeModels(
  unwatched: DBTransactionAdapter,
  committed: DBTransactionAdapter,
  options: AdapterOptions,
  createdInTransaction: { userId: string; id: string }[] = [],
  inTransaction: Atomically = (work) => work(unwatched),
): DBTransactionAdapter {
  const { store, audit } = options
  const { sql, verifications } = tablesOn(unwatched, options)
  const sessions = sessionModel(store, sql, audit)
  const policy = policyOn(sql, verifications, committed, options)
  /** `sql` for a model that the policy looks after. */
  const adapterFor = (model: string) =>
    model === 'session' ? sessions : model === 'verification' ? verifications : sql
  const { writeUnderPolicy, changeRows } = policyWrites(policy, (isChange, work) =>
    isChange ? inTransaction((trx) => work(tablesOn(trx, options))) : work(tablesOn(unwatched, options)),
  )

  return {
    ...sql,
    create: async (input) => {
      const adapter = adapterFor(input.model)
      if (adapter !== sql) {
        const row = await adapter.create<typeof input.data, never>(input)
        if (adapter === sessions) createdInTransaction.push(row)
        return row
      }
      const beforeWrite = policy.beforeCreate(input.model, input.data)
      const undo = (row: never) => deletionOf(committed, input.model, row)
      return writeUnderPolicy<never>(beforeWrite, (tables) => createRow(input, tables), undo)
    },
    findOne: (input) => countCode(input.model).then(() => adapterFor(input.model).findOne(input)),
    findMany: (input) => adapterFor(input.model).findMany(input),
    count: (input) => adapterFor(input.model).count(input),
    update: async (input) => {
      const adapter = adapterFor(input.model)
      if (adapter !== sql) return adapter.update(input)
      return changeRows(input, (to) => to.update<never>(input))
    },
    updateMany: async (input) => {
      const adapter = adapterFor(input.model)
      if (adapter !== sql) return adapter.updateMany(input)
      return changeRows(input, (to) => to.updateMany(input))
    },
    delete: async (input) => {
      const adapter = adapterFor(input.model)
      if (adapter !== sql) return adapter.delete(input)
      return writeUnderPolicy(policy.beforeDelete(input.model, input.where), ({ sql: to }) => to.delete(input))
    },
    deleteMany: async (input) => {
      const adapter = adapterFor(input.model)
      if (adapter !== sql) return adapter.deleteMany(input)
      return writeUnderPolicy(policy.beforeDelete(input.model, input.where), ({ sql: to }) => to.deleteMany(input))
    },
    consumeOne: (input) => adapterFor(input.model).consumeOne(input),
    incrementOne: (input) => adapterFor(input.model).incrementOne(input),
  }
}

/** The tables of SQL, watched. `changes` are recorded where people are sent a link that undoes them. */
function tablesOn(adapter: DBTransactionAdapter, { store, hasSecureLinks }: AdapterOptions) {
  const sql = datePasswords(recordErrors(adapter), store.clock)
  const verifications = guardTrust(verificationModel(sql, store.clock), sql, store)
  return { sql, verifications, changes: hasSecureLinks ? recordAccountChanges(sql, verifications) : undefined }
}

type Tables = ReturnType<typeof tablesOn>

async function createRow(
  input: Parameters<DBTransactionAdapter['create']>[0],
  { sql, changes }: Tables,
): Promise<never> {
  const row = await sql.create<typeof input.data, never>(input)
  await recordNewUser(input.model, row)
  await changes?.afterCreate(input.model, row)
  return row
}

/** @param writeIn runs a write; a change is one transaction. */
function policyWrites(
  policy: Policy,
  writeIn: <T>(isChange: boolean, work: (tables: Tables) => Promise<T>) => Promise<T>,
) {
  /** Revokes before the row is written, so that an outage stops the change, and again after it. */
  async function writeUnderPolicy<T>(
    beforeWrite: Promise<AfterWrite>,
    write: (tables: Tables) => Promise<T>,
    undo: (written: T) => () => Promise<unknown> = () => doNothing,
  ): Promise<T> {
    const afterWrite = await beforeWrite
    return writeIn(afterWrite !== doNothing, async (tables) => {
      const written = await write(tables)
      await afterWrite(undo(written))
      return written
    })
  }

  function changeRows<T>(
    { model, where, update }: Change,
    write: (sql: DBTransactionAdapter) => Promise<T>,
  ): Promise<T> {
    return writeUnderPolicy(policy.beforeUpdate(model, where, update), async ({ sql, changes }) => {
      await changes?.beforeUpdate(model, where, update)
      return write(sql)
    })
  }

  return { writeUnderPolicy, changeRows }
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
  dependencies: AdapterOptions,
): Policy {
  const hashing = withHashes(sql, verifications)
  const credentials = credentialPolicy({ adapter: hashing, ...dependencies })
  const factors = factorPolicy(sql, committed, dependencies)
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
