import type { Page } from '@playwright/test'
import { devices, expect, test } from '../fixtures.js'

// A slow phone: a processor of a quarter of this machine's speed, and 1.6 Mbit/s with a round trip of 150 ms.
const CPU_SLOWDOWN = 4
const NETWORK = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 }
const PHONE = { width: 390, height: 844 }
const ROUNDS = 5

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

async function likeSlowPhone(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Network.enable')
  await cdp.send('Network.emulateNetworkConditions', NETWORK)
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true }) // a first visit
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN })
}

/** Milliseconds from the start of the navigation to the first paint, and to now. */
const timesOf = (page: Page): Promise<{ paint: number; now: number }> =>
  page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    now: performance.now(),
  }))

/** Milliseconds from a press to the frame that shows its result. */
async function pressTime(page: Page, name: RegExp, result: string): Promise<number> {
  return page.evaluate(
    ([source, text]) => {
      const button = [...document.querySelectorAll('button')].find((one) =>
        new RegExp(source ?? '').test(one.getAttribute('aria-label') ?? one.textContent ?? ''),
      )
      return new Promise<number>((resolve, reject) => {
        if (button === undefined) return reject(new Error(`no button ${source}`))
        const start = performance.now()
        const look = () =>
          document.body.textContent?.includes(text ?? '')
            ? resolve(performance.now() - start)
            : requestAnimationFrame(look)
        button.click()
        requestAnimationFrame(look)
      })
    },
    [name.source, result],
  )
}

test('a first visit on a slow phone', async ({ device }) => {
  test.setTimeout(600_000)
  const rows: Record<string, number>[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const stranger = await device({ signedIn: false, viewport: PHONE })
    await likeSlowPhone(stranger)
    await stranger.goto('/sign-in')
    await expect(stranger.getByRole('button', { name: 'Sign in', exact: true })).toBeEnabled()
    const signIn = await timesOf(stranger)

    const owner = await device({ viewport: PHONE })
    await likeSlowPhone(owner)
    await owner.goto('/')
    await expect(devices(owner).first()).toBeVisible()
    const list = await timesOf(owner)
    const press = await pressTime(owner, /^Sign out everywhere/, 'This device is signed out too')
    rows.push({
      'sign-in, first paint': signIn.paint,
      'sign-in, ready': signIn.now,
      'devices, first paint': list.paint,
      'devices, ready': list.now,
      'a press on “Sign out everywhere”': press,
    })
    await stranger.context().close()
    await owner.context().close()
  }
  for (const name of Object.keys(rows[0] ?? {})) {
    console.log(`${name}: ${median(rows.map((row) => row[name] ?? Number.NaN)).toFixed(0)} ms`)
  }
})
