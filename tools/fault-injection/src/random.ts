/** Chance that can be repeated: the same seed gives the same choices. */
export interface Random {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number
  of<T>(items: readonly T[]): T
  shuffled<T>(items: readonly T[]): T[]
  /** Each draw gives one of the things, as often as it weighs. */
  weighted<T>(things: readonly (readonly [weight: number, thing: T])[]): () => T
  token(): string
}

/** mulberry32, by Tommy Ettinger, in the public domain. */
export function randomOf(seed: number): Random {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit)
  const of = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)]
    if (item === undefined) throw new RangeError('There is nothing to choose from')
    return item
  }
  return {
    below,
    of,
    shuffled(items) {
      const left = [...items]
      return items.flatMap(() => left.splice(below(left.length), 1))
    },
    weighted(things) {
      const urn = things.flatMap(([weight, thing]) => Array.from({ length: weight }, () => thing))
      return () => of(urn)
    },
    token: () => next().toString(36),
  }
}
