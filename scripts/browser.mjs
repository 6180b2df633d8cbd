// A Chromium for the end-to-end tests.
import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { Failure, root, run } from './workspace.mjs'

/** It cannot show a window, and needs half the time. */
const SHELL = 'chromium-headless-shell'
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** Milliseconds for apt-get, where another browser is there. */
const PACKAGE_DEADLINE_MS = 120_000
/** Milliseconds for Playwright's download on a slow line. */
const DOWNLOAD_DEADLINE_MS = 600_000

/**
 * @returns {Promise<string | undefined>} the browser's path; undefined when it is Playwright's own, which Playwright finds by itself
 */
export async function findBrowser() {
  if (process.env.ROLLCALL_CHROMIUM) return process.env.ROLLCALL_CHROMIUM
  const shell = await installedBrowser([SHELL])
  if (shell) return shell
  const installed = await installedBrowser(NAMES)
  if (installed) return (process.env.CI && (await installPackage(SHELL, PACKAGE_DEADLINE_MS)).path) || installed
  if (await works(playwrightBrowser())) return undefined

  console.log("No Chromium is installed: downloading Playwright's own ...")
  const download = await run('pnpm', ['--filter=@rollcall/e2e', 'exec', 'playwright', 'install', 'chromium'], {
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000' },
    quiet: true,
    deadline: DOWNLOAD_DEADLINE_MS,
  })
  if (await works(playwrightBrowser())) return undefined

  const outputs = [download.output]
  for (const name of [SHELL, 'chromium']) {
    const { path, output } = await installPackage(name, DOWNLOAD_DEADLINE_MS)
    if (path) return path
    outputs.push(output)
  }
  throw new Failure(
    `${outputs.join('\n').trim().split('\n').slice(-10).join('\n')}\nNo Chromium to test with. Install one, or set ROLLCALL_CHROMIUM to its path.`,
  )
}

/**
 * Installs a package of Debian, as root.
 *
 * @param {string} name
 * @param {number} deadline milliseconds
 * @returns {Promise<{ path?: string | undefined, output: string }>} no path where it cannot be installed
 */
async function installPackage(name, deadline) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return { output: '' }
  console.log(`Installing the package ${name} by apt-get ...`)
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, quiet: true, deadline }
  await run('apt-get', ['update'], options)
  const { output } = await run('apt-get', ['install', '-y', name], options)
  return { path: await installedBrowser([name]), output }
}

/** @param {readonly string[]} names */
async function installedBrowser(names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin']
  for (const name of names) {
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
