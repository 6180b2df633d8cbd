// Workers on several servers while faults come, and a checker of what they saw: npm run check:history
// Its options, behind `--`: --seconds, --servers, --workers, --seed of an earlier run.
// --fault 'server paused' injects only that one. The other names are in run.ts.
// --near-cache 1000 gives the servers a near-cache with that lease. The checker allows for nothing else.
// --drop-hdel 1000 plants a bug that the checker must find: without faults, one deletion in a thousand is skipped.
import { parseArgs } from 'node:util'
import { postgresBinaries } from '@rollcall/dev-postgres'
import { check } from './check.js'
import { run } from './run.js'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    servers: { type: 'string', default: '3' },
    workers: { type: 'string', default: '12' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    fault: { type: 'string' },
    'near-cache': { type: 'string' },
    'drop-hdel': { type: 'string' },
  },
})
const drop = values['drop-hdel']
const lease = values['near-cache'] === undefined ? undefined : Number(values['near-cache'])

console.log(
  `Seed ${values.seed}, ${values.seconds} s, ${values.servers} servers, ${values.workers} workers${lease === undefined ? '' : `, a near-cache with a lease of ${lease} ms`}`,
)
const history = await run({
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  servers: Number(values.servers),
  workers: Number(values.workers),
  faults: drop === undefined,
  onlyFault: values.fault,
  dropHdel: drop === undefined ? undefined : Number(drop),
  nearCacheLeaseMs: lease,
  postgres: postgresBinaries !== null,
})

const counts: Record<string, Record<string, number>> = {}
for (const { kind, status } of history.calls) {
  const row = (counts[kind] ??= {})
  const answer = String(status ?? 'none')
  row[answer] = (row[answer] ?? 0) + 1
}
console.log('\nCalls by their answer')
console.table(counts)

const faults: Record<string, number> = {}
for (const { name } of history.faults) faults[name] = (faults[name] ?? 0) + 1
console.log('Faults')
console.table(faults)

const violations = check(history, lease)
for (const violation of violations) console.log(JSON.stringify(violation))
console.log(`${history.calls.length} calls, ${history.faults.length} faults, ${violations.length} violations`)
process.exit(violations.length === 0 ? 0 : 1)
