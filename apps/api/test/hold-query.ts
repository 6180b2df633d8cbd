import { DefaultQueryExecutor } from 'kysely'
import { vi } from 'vitest'

/**
 * Holds the result of the first query like this, in any server of this process. Outside of a transaction, its connection serves
 * others meanwhile, so they can write what the query did not find.
 */
export function holdQuery(like: RegExp) {
  let [hold, open] = [(): void => undefined, (): void => undefined]
  const held = new Promise<void>((resolve) => (hold = resolve))
  const opened = new Promise<void>((resolve) => (open = resolve))
  const { executeQuery } = DefaultQueryExecutor.prototype
  let isHeld = false
  async function holding(this: DefaultQueryExecutor, ...args: Parameters<typeof executeQuery>) {
    const isFirst = !isHeld && like.test(args[0].sql)
    isHeld ||= isFirst
    const result = await executeQuery.apply(this, args)
    if (isFirst) {
      hold()
      await opened
    }
    return result
  }
  const spy = vi.spyOn(DefaultQueryExecutor.prototype, 'executeQuery').mockImplementation(holding)
  return { held, open, [Symbol.dispose]: () => spy.mockRestore() }
}
