import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findServer } from './find-server.js'
import { ask, launch, type Life, type Plan, POLL_MS } from './life.js'

/** The kernel takes 107 bytes on Linux and 103 on macOS. */
const LONGEST_SOCKET_PATH = 100
/** Milliseconds for a Redis whose parent has just died to let go of its folder. */
const FOLDER_DEADLINE_MS = 3_000
/** More deaths than this within the window (milliseconds) are a crash loop. */
const RESPAWN_LIMIT = 5
const RESPAWN_WINDOW_MS = 60_000

export interface StartRedisOptions {
  /** Runs only this one, from PATH. Default: the first that can be had. */
  readonly program?: 'redis-server' | 'valkey-server'
  /** Data folder, kept. Default: a private temporary one, removed on stop. */
  readonly dir?: string
  /** Append-only file, synced at every write: what was answered survives `kill -9`. Default: false. */
  readonly persist?: boolean
  /** Start again when it dies without `stop()`; a crash loop is given up, saying so on standard error. Default: false. */
  readonly respawn?: boolean
  /** Further redis.conf directives, e.g. `['--maxmemory-policy', 'allkeys-lru']`. */
  readonly args?: readonly string[]
}

export interface PrivateRedis extends AsyncDisposable {
  /** The absolute path of a unix socket, for ioredis' constructor and REDIS_URL. */
  readonly url: string
  /** Process id of the present redis-server, or of the last one. */
  readonly pid: number
  /** Starts again on the same socket and folder, and stops a live one first. */
  restart(): Promise<void>
  /** Ends the server and removes a temporary folder. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts a Redis that no other program uses: it has a unix socket, no port, and none of the machine's settings. It stops with
 * this process, whatever ends that. It does not keep it alive.
 *
 * @throws {RedisUnavailableError} when there is no server to run.
 * @throws {Error} naming the folder, when a live Redis holds it for longer than 3 s.
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<PrivateRedis> {
  return await start(options)
}

/** A process that watches over others instead of holding data; it rewrites its configuration as it learns. */
export async function startSentinelProcess(configuration: string, args: readonly string[]): Promise<PrivateRedis> {
  return await start({ args }, configuration)
}

async function start(options: StartRedisOptions, sentinel?: string): Promise<PrivateRedis> {
  const { persist = false, respawn = false, args = [] } = options
  const server = await findServer(undefined, options.program)
  const dir = options.dir === undefined ? undefined : resolve(options.dir)
  const temporary = dir !== undefined && isSocketFolder(dir) ? undefined : await temporaryFolder()
  const folder = dir ?? temporary ?? ''
  const socket = socketIn(temporary ?? folder)
  const settings = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: folder,
    save: '',
    'maxmemory-policy': 'noeviction',
    appendonly: persist ? 'yes' : 'no',
    appendfsync: 'always',
  }
  const command: string[] = [...server.command]
  if (sentinel !== undefined) {
    const file = join(folder, 'sentinel.conf')
    await writeFile(file, sentinel)
    command.push(file, '--sentinel')
  }
  command.push(...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]), ...args)
  const redis = new SupervisedRedis({ command, folder, socket, temporary }, respawn)
  try {
    await redis.restart()
  } catch (error) {
    await redis.stop()
    throw error
  }
  return redis
}

function socketIn(folder: string): string {
  return join(folder, 'redis.sock')
}

function isSocketFolder(folder: string): boolean {
  return Buffer.byteLength(socketIn(folder)) <= LONGEST_SOCKET_PATH
}

async function temporaryFolder(): Promise<string> {
  const name = 'rollcall-redis-'
  const parent = isSocketFolder(join(tmpdir(), `${name}123456`)) ? tmpdir() : '/tmp'
  return await mkdtemp(join(parent, name))
}

class SupervisedRedis implements PrivateRedis {
  readonly #plan: Plan
  readonly #respawn: boolean
  #life: Life | undefined
  #pid = 0
  #deaths: number[] = []
  #turn: Promise<void> = Promise.resolve()

  constructor(plan: Plan, respawn: boolean) {
    this.#plan = plan
    this.#respawn = respawn
  }

  get url(): string {
    return this.#plan.socket
  }

  get pid(): number {
    return this.#pid
  }

  async restart(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#end()
      await this.#start()
    })
  }

  async stop(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#end()
      if (this.#plan.temporary) await rm(this.#plan.temporary, { recursive: true, force: true })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** One start or stop at a time. */
  async #inTurn(act: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(act)
    this.#turn = mine.catch(() => undefined)
    await mine
  }

  async #end(): Promise<void> {
    const life = this.#life
    this.#life = undefined
    await life?.end()
  }

  async #start(): Promise<void> {
    const { folder, socket } = this.#plan
    for (const needed of [folder, dirname(socket)]) {
      await mkdir(needed, { recursive: true, mode: 0o700 })
      await access(needed, constants.W_OK)
    }
    const life = await this.#launchOnFreeFolder()
    this.#life = life
    this.#pid = life.pid
    void life.ended.then(() => this.#died(life))
  }

  async #launchOnFreeFolder(): Promise<Life> {
    const { folder, socket } = this.#plan
    const deadline = Date.now() + FOLDER_DEADLINE_MS
    for (;;) {
      // The supervisor's lock decides. Without flock (macOS), the process that listens on the socket does.
      const life = (await ask(socket)) === undefined ? await launch(this.#plan) : undefined
      if (life) return life
      if (Date.now() > deadline) {
        throw new Error(`Another Redis is running on ${folder}. End it, or choose another folder.`)
      }
      await sleep(POLL_MS)
    }
  }

  #died(life: Life): void {
    // Otherwise it was stopped on purpose.
    if (this.#life !== life || !this.#respawn) return
    void this.#inTurn(async () => {
      if (this.#life !== life) return
      await this.#revive()
    })
  }

  async #revive(): Promise<void> {
    const { folder } = this.#plan
    for (;;) {
      const now = Date.now()
      this.#deaths = [...this.#deaths.filter((at) => at > now - RESPAWN_WINDOW_MS), now]
      if (this.#deaths.length > RESPAWN_LIMIT) {
        console.error(
          `Redis on ${folder} died ${this.#deaths.length} times within ${RESPAWN_WINDOW_MS / 1000} s and is not started again. Its log: ${join(folder, 'redis.log')}`,
        )
        return
      }
      console.error(`Redis on ${folder} ended unexpectedly; starting it again.`)
      try {
        await this.#start()
        return
      } catch (error) {
        console.error(error instanceof Error ? error.message : error)
      }
    }
  }
}
