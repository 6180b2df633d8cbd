import { AsyncLocalStorage } from 'node:async_hooks'
import { Kysely, type Transaction, type TransactionBuilder } from 'kysely'

const running = new AsyncLocalStorage<Transaction<unknown>>()

/** A database whose transactions others can join: better-auth shows its own to nobody. */
export class JoinableKysely extends Kysely<unknown> {
  override transaction(): TransactionBuilder<unknown> {
    const builder = super.transaction()
    const execute = builder.execute.bind(builder)
    builder.execute = (work) => execute((transaction) => running.run(transaction, () => work(transaction)))
    return builder
  }
}

/** The transaction that runs, and outside of one the database. */
export function runningOr(kysely: Kysely<unknown>): Kysely<unknown> {
  return running.getStore() ?? kysely
}
