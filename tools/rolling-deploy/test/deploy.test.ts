import { expect, test } from 'vitest'
import { nginx } from '../src/nginx.js'
import { rollingStops } from '../src/rolling.js'

// nginx runs with the example of docs/operations.md.
test('a rolling deploy breaks no request and no stream, behind a TCP balancer and behind nginx', async () => {
  const outcomes = await rollingStops({ stops: 2, clients: 5, keepAlive: 2 })
  expect(outcomes.map(({ balancer }) => balancer)).toEqual(nginx === undefined ? ['TCP'] : ['TCP', 'nginx'])
  for (const { requests, outages, failures, gaps } of outcomes) {
    expect(failures).toEqual([])
    expect(requests - outages).toBeGreaterThan(20)
    expect(gaps.length).toBeGreaterThan(0)
    expect(gaps.at(-1)).toBeLessThan(10_000) // 2 s, by `npm run measure:deploy` on a machine that does nothing else
  }
}, 120_000)
