// Two servers that stop in turn under load, behind nginx and behind a plain TCP balancer: npm run measure:deploy
import { nginx } from './nginx.js'
import { rollingStops } from './rolling.js'

const STOPS = 10

if (nginx === undefined) console.log('There is no nginx: only the TCP balancer is measured')
const outcomes = await rollingStops({ stops: STOPS, clients: 20, keepAlive: 4 })
for (const { balancer, requests, failures, outages, streams, gaps } of outcomes) {
  console.log(
    `${balancer}: ${STOPS} stops, ${requests} requests, ${failures.length} failed, ${outages} answered with 503`,
  )
  for (const failure of new Set(failures)) console.log(`  ${failure}`)
  const [half, most, all] = [0.5, 0.95, 1].map((share) => (gaps[Math.ceil(gaps.length * share) - 1] ?? 0).toFixed(0))
  console.log(
    `  ${streams} streams, ${gaps.length} times opened again: half of them within ${half} ms, 95 % within ${most} ms, all within ${all} ms`,
  )
}
process.exit(outcomes.some(({ failures, gaps }) => failures.length > 0 || (gaps.at(-1) ?? 0) > 2_000) ? 1 : 0)
