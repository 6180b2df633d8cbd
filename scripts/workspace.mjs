// The workspace's tools from nothing but Node and npm: its packages, pnpm and turbo.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const stampFile = join(root, 'node_modules/.rollcall.json')

/** An expected failure: its message is all that a person needs. */
export class Failure extends Error {
  /** @override */
  name = 'Failure'
}

/**
 * Runs a program of this workspace.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean, deadline?: number, cwd?: string }} [options]
 *   quiet: collect the output instead of showing it; deadline: milliseconds, then it is killed
 * @returns {Promise<{ code: number, output: string }>}
 */
export async function run(command, args, { env = {}, quiet = false, deadline, cwd = root } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    ...(deadline === undefined ? {} : { timeout: deadline }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += String(data)))
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 127, output: error.message }))
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/**
 * Like `run`, silent unless it fails.
 * @param {string} what
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @param {number} [deadline] milliseconds, then it is killed
 */
export async function mustRun(what, command, args, env = {}, deadline) {
  const { code, output } = await run(command, args, { quiet: true, env, ...(deadline && { deadline }) })
  if (code !== 0) throw new Failure(`${output.trimEnd()}\n\n${what} failed (exit ${code}).`)
  return output
}

/** Installs the packages if a manifest changed since the last time, and puts this workspace's tools on PATH. */
export async function prepare() {
  process.env.TURBO_TELEMETRY_DISABLED = '1'
  process.env.DO_NOT_TRACK = '1'
  const manifests = manifestHash()
  let stamp = readStamp()
  if (stamp?.manifests !== manifests || !existsSync(stamp.pnpm)) {
    console.log('Installing packages ...')
    const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devEngines.packageManager.version
    const npx = ['--yes', `--package=pnpm@${version}`, '--call']
    // Without a terminal, or with one: never ask.
    await mustRun('Installing the packages', 'npx', [...npx, 'pnpm install --frozen-lockfile'], { CI: 'true' })
    const output = await mustRun('Finding pnpm', 'npx', [...npx, 'command -v pnpm'])
    stamp = { manifests, pnpm: output.trim().split('\n').at(-1) ?? '' }
    writeFileSync(stampFile, JSON.stringify(stamp))
  }
  // Turbo runs each package's scripts by the pnpm on PATH.
  process.env.PATH = [join(root, 'node_modules/.bin'), dirname(stamp.pnpm), process.env.PATH].join(delimiter)
}

/**
 * Installs what one long command alone needs. It is no package of the workspace, so that other installs do not pay for it.
 * @param {string} what
 * @param {string} folder with a lockfile of its own
 */
export async function installApart(what, folder) {
  const stamp = join(folder, 'node_modules/.rollcall')
  const lock = readFileSync(join(folder, 'pnpm-lock.yaml'), 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log(`Installing ${what} ...`)
  await mustRun(`Installing ${what}`, 'pnpm', ['--dir', folder, 'install', '--frozen-lockfile'], { CI: 'true' })
  writeFileSync(stamp, lock)
}

function manifestHash() {
  const hash = createHash('sha256').update(process.version)
  for (const path of [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...packages().map(({ folder }) => join(folder, 'package.json')),
  ]) {
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)))
  }
  return hash.digest('hex')
}

/** @returns {{ manifests: string, pnpm: string } | undefined} */
function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return undefined
  }
}

/** The packages of the workspace, each with its folder relative to the root. */
export function packages() {
  const folders = ['packages', 'apps', 'tools'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  )
  return (
    [...folders, 'examples', 'e2e']
      // tools/mutation is a workspace of its own.
      .filter(
        (folder) =>
          existsSync(join(root, folder, 'package.json')) && !existsSync(join(root, folder, 'pnpm-workspace.yaml')),
      )
      .map((folder) => {
        const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
        return { folder, scripts: /** @type {Record<string, string>} */ (manifest.scripts ?? {}) }
      })
  )
}

/** The manifests of the packages that are published. */
export function readPublished() {
  return readdirSync(join(root, 'packages')).map((name) => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
    return /** @type {Manifest} */ ({
      scripts: {},
      dependencies: {},
      devDependencies: {},
      peerDependencies: {},
      ...manifest,
    })
  })
}

/** @typedef {Record<'scripts' | 'dependencies' | 'devDependencies' | 'peerDependencies', Record<string, string>>} Tables */
/** @typedef {Tables & { name: string, version: string, repository?: unknown }} Manifest */
