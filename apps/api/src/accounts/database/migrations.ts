import { type Kysely, Migrator, sql } from 'kysely'
import type { Database } from './database.js'

/**
 * Brings the tables up to date that are not better-auth's. Does nothing when they are.
 *
 * @throws {Error} with the cause.
 */
export async function migrate({
  kysely: db,
  withMigrationLock,
}: Pick<Database, 'kysely' | 'withMigrationLock'>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    migrationTableName: 'rollcall_migration',
    migrationLockTableName: 'rollcall_migration_lock',
  })
  const { error } = await withMigrationLock(() => migrator.migrateToLatest())
  if (error !== undefined) throw new Error('The tables of activity and mail could not be created', { cause: error })
}

/** On better-auth's tables, so that deleting what has expired does not read all of it. */
export async function createExpiryIndexes(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('device_lastSeenAt').ifNotExists().on('device').column('lastSeenAt').execute()
  await db.schema.createIndex('verification_expiresAt').ifNotExists().on('verification').column('expiresAt').execute()
}

/**
 * Lets an account of a provider have one owner, and a user one password: that account has the user's id. An earlier version
 * could store two rows of one account. Then there is no index.
 *
 * @returns The ids of such rows.
 */
export async function createOwnerIndex(db: Kysely<unknown>): Promise<string[]> {
  const index = db.schema.createIndex('account_owner').ifNotExists().on('account').unique()
  try {
    await index.columns(['providerId', 'accountId']).execute()
    return []
  } catch (error) {
    const { rows } = await sql<{ id: string }>`select id from account where exists (select 1 from account other
      where other."providerId" = account."providerId" and other."accountId" = account."accountId"
      and other.id <> account.id) order by id`.execute(db)
    if (rows.length === 0) throw error
    return rows.map(({ id }) => id)
  }
}

/** The line of the log, with the work that it asks for. */
export function sharedAccounts(ids: readonly string[]): string {
  const rows = ids.slice(0, MAX_NAMED).join(', ')
  return `${ids.length} rows of the table account share an account of a provider (${rows}). Delete those that are wrong and restart.`
}

const MAX_NAMED = 20

/** Never change one that has been released. */
const migrations = {
  '1-activity': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('activity')
        .ifNotExists()
        .addColumn('user_tag', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('event', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('activity_key', ['user_tag', 'at', 'id'])
        .execute()
      await db.schema.createIndex('activity_at').ifNotExists().on('activity').column('at').execute()
    },
  },
  '2-mail': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('mail')
        .ifNotExists()
        .addColumn('key', 'text', (column) => column.primaryKey())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('payload', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('due_at', 'bigint', (column) => column.notNull())
        .addColumn('leased_until', 'bigint', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('last_error', 'text')
        .execute()
      await db.schema.createIndex('mail_due_at').ifNotExists().on('mail').column('due_at').execute()
    },
  },
  '3-deleted-user': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('deleted_user')
        .ifNotExists()
        .addColumn('user_tag', 'text', (column) => column.primaryKey())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .execute()
      await db.schema.createIndex('deleted_user_at').ifNotExists().on('deleted_user').column('at').execute()
    },
  },
  '7-operation': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('operation')
        .ifNotExists()
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('filter', 'text', (column) => column.notNull())
        .addColumn('reason', 'text', (column) => column.notNull())
        .addColumn('note', 'text', (column) => column.notNull())
        .addColumn('started_by', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('revoked', 'integer', (column) => column.notNull())
        .execute()
    },
  },
  '8-operation-action': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .alterTable('operation')
        .addColumn('action', 'text', (column) => column.notNull().defaultTo('revoke'))
        .execute()
    },
  },
}
