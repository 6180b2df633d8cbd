import { arch, cpus, platform } from 'node:os'
import { Bench } from 'tinybench'

export { startBetterAuth } from './better-auth.js'

/** Operations per second of one candidate, over all rounds. */
export interface Result {
  readonly name: string
  readonly median: number
  /** Its throughput as a multiple of the first candidate's in the same round: median, lowest and highest. */
  readonly ratio: number
  readonly lowest: number
  readonly highest: number
}

export interface Rounds {
  /** How often each candidate has its turn. Default 15. */
  readonly rounds?: number
  /** Milliseconds of one turn. Default 200. */
  readonly time?: number
}

/** How many operations are under way at once, and how many each of them is followed by before the clock is read. */
export interface Load {
  readonly concurrency: number
  readonly each: number
}

/** One candidate: an operation. `n` counts its calls, so that it can choose a key. */
export type Operation = (n: number) => Promise<unknown>

/**
 * Runs the candidates in turns, so that other work of the machine hits all of them alike. Compares each with the first one,
 * round by round.
 */
export async function compare(
  candidates: Readonly<Record<string, Operation>>,
  { concurrency, each }: Load,
  { rounds = 15, time = 200 }: Rounds = {},
): Promise<Result[]> {
  const names = Object.keys(candidates)
  const throughputs = new Map(names.map((name) => [name, [] as number[]]))
  let n = 0
  for (let round = 0; round <= rounds; round += 1) {
    const turns = names.map((_, index) => names[(index + round) % names.length] ?? '')
    const bench = new Bench({ time, iterations: 2, warmup: false, throws: true })
    for (const name of turns) {
      const operation = candidates[name]
      if (operation === undefined) throw new Error(`No candidate is named ${name}`)
      const worker = async (): Promise<void> => {
        for (let i = 0; i < each; i += 1) await operation((n += 1))
      }
      bench.add(name, () => Promise.all(Array.from({ length: concurrency }, worker)), { async: true })
    }
    for (const { name, result } of await bench.run()) {
      if (!('latency' in result)) throw new Error(`${name} was not measured`)
      // The first round warms up.
      if (round > 0) throughputs.get(name)?.push((concurrency * each * 1_000) / result.latency.p50)
    }
  }
  const floor = throughputs.get(names[0] ?? '') ?? []
  return [...throughputs].map(([name, values]) => {
    const ratios = values.map((value, round) => value / (floor[round] ?? Number.NaN))
    return {
      name,
      median: median(values),
      ratio: median(ratios),
      lowest: Math.min(...ratios),
      highest: Math.max(...ratios),
    }
  })
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** @param q between 0 and 1 */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

/** A table in Markdown, its columns aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** The machine and the versions that the figures depend on. */
export function machine(): string {
  const [cpu] = cpus()
  return `${cpus().length} × ${cpu?.model.trim()}, ${platform()} ${arch()}, Node ${process.version}`
}
