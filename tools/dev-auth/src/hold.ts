import type { SessionStore } from '@rollcall/session-store'

/** Holds the first call of a method of the store until it is released. */
export function hold(store: SessionStore, method: 'create' | 'revoke' | 'revokeOthers' | 'rotate' | 'update') {
  const original = store[method]
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  let reached = (): void => undefined
  const waiting = new Promise<void>((resolve) => (reached = resolve))
  Object.assign(store, {
    [method]: async (...args: unknown[]): Promise<unknown> => {
      Object.assign(store, { [method]: original })
      reached()
      await opened
      return Reflect.apply(original, store, args) as unknown
    },
  })
  return { waiting, open }
}
