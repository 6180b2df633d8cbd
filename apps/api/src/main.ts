import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createPasswords } from './accounts/passwords/passwords.js'
import type { ScryptCost } from './accounts/passwords/scrypt.js'
import { readSettings, SettingsError } from './settings/env.js'
import { createLog } from './log.js'
import { start } from './start.js'
import { StartError } from './start-error.js'

interface MainOptions {
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv
  /** The cost of the hash of a new password. Default: the one that OWASP asks for. */
  readonly passwordCost?: ScryptCost
}

/**
 * Starts the server and says on standard output where it is. `close` leaves first, and then drains.
 *
 * @throws {SettingsError | StartError} whose message is for a person, and needs no stack.
 */
export async function main({ env, passwordCost }: MainOptions = {}): Promise<{ close(): Promise<void> }> {
  const settings = readSettings(env)
  const { baseUrl, outbox, leave, close } = await start({
    settings,
    log: createLog(),
    passwords: createPasswords(passwordCost),
  })
  console.log(`Rollcall is listening on ${baseUrl}`)
  if (outbox !== null) console.log(`Mails are written to ${outbox}, because SMTP_URL is not set`)
  return {
    async close() {
      await leave()
      await close()
    },
  }
}

/** The program: `main`, until a signal says that it shall end. */
export async function run(options?: MainOptions): Promise<void> {
  const started = main(options)
  let isStopping = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1) // the second signal: its sender does not want to wait
      isStopping = true
      void started.then(({ close }) => close()).then(() => process.exit(0))
    })
  }
  try {
    await started
  } catch (error) {
    const expected = error instanceof SettingsError || error instanceof StartError
    console.error(expected ? error.message : error)
    process.exit(1)
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await run()
