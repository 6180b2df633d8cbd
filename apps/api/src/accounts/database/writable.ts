import { type Kysely, sql } from 'kysely'

/** About as many bytes as a sign-up writes. They are free for one as soon as the probe has deleted them. */
const PROBE_BYTES = 32_768

/** Writes and deletes a row: no question says that a disk is full. */
export async function probeSqlite(kysely: Kysely<unknown>): Promise<void> {
  await sql`create table if not exists write_probe (data blob)`.execute(kysely)
  await sql`insert into write_probe values (randomblob(${PROBE_BYTES}))`.execute(kysely)
  await sql`delete from write_probe`.execute(kysely)
}

/** Asks whether it is a standby, or set to read only. A full disk shows itself by the code of a change that fails. */
export async function probePostgres(kysely: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ setting: string }>`select current_setting('transaction_read_only') as setting`.execute(
    kysely,
  )
  if (rows[0]?.setting !== 'off') throw new Error('The database can only be read')
}
