import { createOperatorLog, readSettings, type Settings } from '@rollcall/api/operator'
import { openServices, type Services } from '@rollcall/api/services'

/** Runs a command with all services of a server, and closes them after it. It sends no mail. */
export async function withServices(work: (services: Services, settings: Settings) => Promise<void>): Promise<void> {
  const settings = readSettings()
  const closing: (() => Promise<unknown>)[] = []
  try {
    const baseUrl = settings.baseUrl ?? `http://localhost:${settings.port}`
    const log = createOperatorLog()
    await work(await openServices({ settings, log }, baseUrl, (close) => closing.push(close)), settings)
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}
