// npm start, npm run dev, npm test and the long-running scripts: from a fresh clone, with nothing but Node and npm.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findBrowser } from './browser.mjs'
import { check } from './check.mjs'
import { testMatrix } from './matrix.mjs'
import { mutate } from './mutate.mjs'
import { Failure, installApart, mustRun, packages, prepare, root, run } from './workspace.mjs'

/** Milliseconds in which a second signal is the first one's echo: npm passes on the Ctrl-C that a terminal sends to both. */
const SIGNAL_ECHO_MS = 500

/** API and Redis live and die with this one process. */
async function start() {
  await prepare()
  await build(['api', 'web', 'dev-redis'])
  const ended = stopRequest()
  const redis = await provideRedis()
  try {
    const { main } = await built('apps/api/dist/main.js')
    const api = await main()
    await ended
    await api.close()
  } finally {
    await redis?.stop()
  }
  return 0
}

/** Watch mode: the browser talks to Vite, which passes on what is the API's, so that page and API share an origin. */
async function dev() {
  await prepare()
  await build(['dev-redis'])
  const ended = stopRequest()
  const redis = await provideRedis()
  process.env.BASE_URL ||= 'http://localhost:5173'
  process.env.ROLLCALL_API_URL ||= `http://localhost:${process.env.PORT || 3000}`
  const places = `--concurrency=${2 * packages().length}` // none of these tasks ends: each needs a place of its own
  // In a group of its own, so that it can be ended whole, before its Redis.
  const watching = spawn('turbo', ['run', 'dev', 'serve', places], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  const closed = once(watching, 'close')
  void ended.then(() => watching.kill('SIGTERM'))
  const [code] = await closed
  await redis?.stop()
  return code ?? 0
}

async function test() {
  await prepare()
  return await check()
}

/**
 * Runs a long script of a package, such as a measurement, after building its dependencies.
 * @param {string} [name] of the package, without its scope
 * @param {string} [script]
 * @param {string[]} args
 */
async function long(name = '', script = '', ...args) {
  await prepare()
  await build([name])
  const { code } = await run('pnpm', [`--filter=@rollcall/${name}`, 'run', script, ...args])
  return code
}

/** A first visit to the built page on a slow phone, in a real browser. */
async function measurePage() {
  await prepare()
  await build(['api', 'web', 'dev-redis'])
  const browser = await findBrowser()
  if (browser) process.env.ROLLCALL_CHROMIUM = browser
  const { code } = await run('pnpm', ['--filter=@rollcall/e2e', 'run', 'measure:page'])
  return code
}

/**
 * The command for operators, with the settings and the Redis of `npm start`, whether or not that runs.
 * @param {string[]} args
 */
async function rollcall(...args) {
  await prepare()
  await build(['cli', 'dev-redis'])
  const socket = resolve(process.env.DATA_DIR || '.data', 'redis/redis.sock')
  const isRunning = await connects(socket)
  if (isRunning && !namesRedis()) process.env.REDIS_URL = socket
  const redis = await provideRedis()
  try {
    const { code } = await run(process.execPath, ['apps/cli/dist/main.js', ...args])
    return code
  } finally {
    await redis?.stop()
  }
}

/**
 * @param {string} socket
 * @returns {Promise<boolean>}
 */
async function connects(socket) {
  const connection = connect(socket)
  return await new Promise((answer) => {
    connection.once('connect', () => answer(true))
    connection.once('error', () => answer(false))
  }).finally(() => connection.destroy())
}

async function checkInstalled() {
  await prepare()
  await build([...readdirSync(join(root, 'packages')), 'dev-redis'])
  const { checkPackages } = await import('./packages.mjs') // needs what `prepare` installs
  return await checkPackages({ next: true })
}

/** @param {string[]} args `--dry-run`: publish nothing */
async function releasing(...args) {
  await prepare()
  await build([...readdirSync(join(root, 'packages')), 'dev-redis'])
  const { release } = await import('./release.mjs')
  return await release({ dry: args.includes('--dry-run') })
}

/** @param {string[]} versions such as `ioredis@5.4.2` */
async function matrix(...versions) {
  await prepare()
  await build([...readdirSync(join(root, 'packages')), 'dev-*'])
  return await testMatrix(versions)
}

/** @param {string[]} args */
async function mutation(...args) {
  await prepare()
  return await mutate(args)
}

/** @param {string[]} args where better-auth's repository is, and the tag of its tests */
async function compareUpstream(...args) {
  await prepare()
  await installApart("what better-auth's tests import", join(root, 'tools/compare-upstream/upstream'))
  return await long('compare-upstream', 'compare:upstream', ...args)
}

/** @param {readonly string[]} names */
async function build(names) {
  const filters = names.map((name) => `--filter=@rollcall/${name}`)
  await mustRun('The build', 'turbo', ['run', 'build', ...filters])
}

/**
 * A private Redis, unless the settings name another one.
 * @returns {Promise<import('../tools/dev-redis/src/index.js').PrivateRedis | undefined>}
 */
async function provideRedis() {
  if (namesRedis()) return undefined
  const { startRedis } = await built('tools/dev-redis/dist/index.js')
  const redis = await startRedis({
    dir: resolve(process.env.DATA_DIR || '.data', 'redis'),
    persist: true,
    respawn: true,
  })
  process.env.REDIS_URL = redis.url
  return redis
}

/** Whether the settings, in .env or the environment, name a Redis. */
function namesRedis() {
  const settings = join(root, '.env')
  if (existsSync(settings)) process.loadEnvFile(settings)
  return Boolean(process.env.REDIS_URL || process.env.REDIS_CLUSTER_NODES || process.env.REDIS_SENTINELS)
}

/**
 * Imports a file of a package's build. The compiler cannot check its path, because the build may not exist yet.
 * @param {string} path
 * @returns {Promise<any>}
 */
async function built(path) {
  return await import(pathToFileURL(join(root, path)).href)
}

/** Resolves at the first signal; a second one ends this process at once. */
async function stopRequest() {
  await new Promise((end) => {
    /** @type {number | undefined} */
    let first
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        first ??= Date.now()
        if (Date.now() - first > SIGNAL_ECHO_MS) process.exit(130)
        end(undefined)
      })
    }
    // A kill -9 of npm, our parent since the script says `exec`, ends what npm started.
    const { ppid } = process
    if (process.env.npm_lifecycle_event)
      setInterval(() => process.ppid === ppid || end(undefined), SIGNAL_ECHO_MS).unref()
  })
}

const [name = 'start', ...args] = process.argv.slice(2)
process.chdir(root)
try {
  /** @type {Record<string, (...args: string[]) => Promise<number>>} */
  const commands = {
    start,
    dev,
    test,
    long,
    'measure-page': measurePage,
    matrix,
    release: releasing,
    mutate: mutation,
    'compare-upstream': compareUpstream,
    packages: checkInstalled,
    rollcall,
  }
  const command = commands[name]
  if (!command) throw new Failure(`No such command: ${name}. There are ${Object.keys(commands).join(', ')}.`)
  process.exit(await command(...args))
} catch (error) {
  // A stack helps where the program itself is wrong; elsewhere the message is all that a person needs.
  const bug = !(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError
  console.error(bug ? error : error.message)
  process.exit(1)
}
