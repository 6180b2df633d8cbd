import { DefaultQueryExecutor, SqliteDriver } from 'kysely'
import { vi } from 'vitest'

/**
 * Holds the first statement like this, in any server of this process, before it asks for a connection. Within a transaction, that
 * keeps every other statement waiting, because SQLite has one connection.
 */
export function holdStatement(like: RegExp) {
  const [held, opened, blocked] = [signal(), signal(), signal()]
  const state = { isHeld: false, connections: 0 }
  const { executeQuery } = DefaultQueryExecutor.prototype
  const { acquireConnection, releaseConnection } = SqliteDriver.prototype
  async function holding(this: DefaultQueryExecutor, ...args: Parameters<typeof executeQuery>) {
    if (!state.isHeld && like.test(args[0].sql)) {
      state.isHeld = true
      held.give()
      await opened.given
    }
    return executeQuery.apply(this, args)
  }
  const spies = [
    vi.spyOn(DefaultQueryExecutor.prototype, 'executeQuery').mockImplementation(holding),
    vi.spyOn(SqliteDriver.prototype, 'acquireConnection').mockImplementation(async function (this: SqliteDriver) {
      if (state.isHeld && state.connections > 0) blocked.give()
      const connection = await acquireConnection.call(this)
      state.connections += 1
      return connection
    }),
    vi.spyOn(SqliteDriver.prototype, 'releaseConnection').mockImplementation(async function (this: SqliteDriver) {
      state.connections -= 1
      return releaseConnection.call(this)
    }),
  ]
  return {
    held: held.given,
    /** Another statement waits for the connection. */
    blocked: blocked.given,
    open: opened.give,
    [Symbol.dispose]() {
      for (const spy of spies) spy.mockRestore()
    },
  }
}

function signal() {
  let give = (): void => undefined
  const given = new Promise<void>((resolve) => (give = resolve))
  return { given, give: () => give() }
}
