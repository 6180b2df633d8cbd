// A Chromium for the end-to-end tests.
import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { Failure, root, run } from './workspace.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** Milliseconds for Playwright's download on a slow line. */
const DOWNLOAD_DEADLINE_MS = 600_000

/**
 * @returns {Promise<string | undefined>} the browser's path; undefined when it is Playwright's own, which Playwright finds by itself
 */
export async function findBrowser() {
  if (process.env.ROLLCALL_CHROMIUM) return process.env.ROLLCALL_CHROMIUM
  const installed = await installedBrowser()
  if (installed) return installed
  if (await works(playwrightBrowser())) return undefined

  console.log("No Chromium is installed: downloading Playwright's own ...")
  const download = await run('pnpm', ['--filter=@rollcall/e2e', 'exec', 'playwright', 'install', 'chromium'], {
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000' },
    quiet: true,
    deadline: DOWNLOAD_DEADLINE_MS,
  })
  if (await works(playwrightBrowser())) return undefined

  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (canInstall) {
    console.log("Playwright's own is out of reach or does not run here: installing the package chromium by apt-get ...")
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    await run('apt-get', ['update'], { env, quiet: true })
    const install = await run('apt-get', ['install', '-y', 'chromium'], { env, quiet: true })
    const packaged = await installedBrowser()
    if (packaged) return packaged
    download.output += `\n${install.output}`
  }
  throw new Failure(
    `${download.output.trim().split('\n').slice(-10).join('\n')}\nNo Chromium to test with. Install one, or set ROLLCALL_CHROMIUM to its path.`,
  )
}

async function installedBrowser() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin']
  for (const name of NAMES) {
    for (const folder of folders) {
      const path = join(folder, name)
      // Ubuntu's chromium-browser may be a stub that only says how to install it.
      if (await works(path)) return path
    }
  }
  return undefined
}

function playwrightBrowser() {
  const fromE2e = createRequire(join(root, 'e2e/package.json'))
  /** @type {{ chromium: { executablePath(): string } }} */
  const { chromium } = fromE2e('@playwright/test')
  return chromium.executablePath()
}

/** @param {string} path */
async function works(path) {
  try {
    accessSync(path, constants.X_OK)
  } catch {
    return false
  }
  const { code } = await run(path, ['--version'], { quiet: true, deadline: 30_000 })
  return code === 0
}
