import { createHmac } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { Browser } from './browser.js'
import { Load, until } from './load.js'
import { createServers, type Servers } from './servers.js'

export interface StageOptions {
  /** API servers, of which each request goes to the next one. */
  readonly servers: number
  /** People who are signed in during each case, beside those whom it needs. */
  readonly bystanders: number
  /** Milliseconds between two queries of a browser. */
  readonly thinkMs: number
}

export interface Person {
  readonly email: string
  password: string
}

/** As a browser on Windows 11 sends them. */
export const windows11 = {
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'sec-ch-ua': '"Chromium";v="140", "Google Chrome";v="140"',
  'sec-ch-ua-platform': '"Windows"',
  'sec-ch-ua-platform-version': '"15.0.0"',
}

/** The servers that a drill is played on, with their data, and the people who use them. */
export class Stage {
  readonly servers: Servers
  readonly redis: PrivateRedis
  readonly folder: string
  readonly load: Load
  readonly ada: Person = { email: 'ada@example.org', password: 'correct horse battery staple' }
  readonly bob: Person = { email: 'bob@example.org', password: 'correct horse battery staple' }
  readonly bystanders: readonly Person[]
  secret = 'the secret of a drill that has 32 characters and more'

  private constructor(servers: Servers, redis: PrivateRedis, folder: string, options: StageOptions) {
    this.servers = servers
    this.redis = redis
    this.folder = folder
    this.load = new Load(options.thinkMs)
    this.bystanders = Array.from({ length: options.bystanders }, (_, n) => ({
      ...this.bob,
      email: `by-${n}@example.org`,
    }))
  }

  static async open(options: StageOptions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-drill-'))
    const redis = await startRedis({ dir: join(folder, 'redis'), persist: true })
    const stage = new Stage(await createServers(options.servers), redis, folder, options)
    try {
      await stage.startServers()
      for (const { email, password } of stage.people()) await stage.browser().signUp(email, password)
      await stage.forgetSessions()
      return stage
    } catch (error) {
      await stage.close()
      throw error
    }
  }

  people(): Person[] {
    return [this.ada, this.bob, ...this.bystanders]
  }

  /** The settings of the servers, and of the command. */
  settings(): Record<string, string> {
    const { redis, folder, secret } = this
    return { REDIS_URL: redis.url, DATA_DIR: join(folder, 'data'), BETTER_AUTH_SECRET: secret, PLACES: 'off' }
  }

  startServers(): Promise<void> {
    return this.servers.start(this.settings())
  }

  /** A browser at an address of its own, unless the headers have one. */
  browser(headers: Readonly<Record<string, string>> = {}): Browser {
    const address = `198.18.${Math.floor(Math.random() * 256)}.${Math.floor(Math.random() * 256)}` // for benchmarks
    const { origin, urls } = this.servers
    return new Browser(origin, urls, { 'user-agent': 'curl/8.0', 'x-forwarded-for': address, ...headers })
  }

  async signIn({ email, password }: Person, headers?: Readonly<Record<string, string>>): Promise<Browser> {
    const browser = this.browser(headers)
    await browser.signIn(email, password)
    return browser
  }

  /** Whether a token signs in. */
  async passes(token: string): Promise<boolean> {
    const browser = this.browser()
    const signature = createHmac('sha256', this.secret).update(token).digest('base64')
    browser.setCookie('rollcall.session_token', encodeURIComponent(`${token}.${signature}`))
    return (await browser.send('/trpc/session.current')).status === 200
  }

  /** Chooses a new password by the first link that works of the mails to this person. */
  async chooseNewPassword(person: Person): Promise<void> {
    const newPassword = `${person.password}, a new one`
    const isChosen = async (): Promise<boolean> => {
      for (const token of await this.#newResetTokens(person.email)) {
        const { status } = await this.browser().post('/api/auth/reset-password', { newPassword, token })
        if (status === 200) return true
      }
      return false
    }
    await until(isChosen, `a link to a new password, for ${person.email}`)
    person.password = newPassword
  }

  /** Ends all sessions without a trace, so that the next case begins anew. */
  async forgetSessions(): Promise<void> {
    await this.askRedis((client) => client.flushall())
  }

  async askRedis<T>(ask: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.redis.url)
    try {
      return await ask(client)
    } finally {
      client.disconnect()
    }
  }

  /** Kills Redis, and starts it again with the data of a folder, or without data. */
  async replaceRedis(backup?: string): Promise<void> {
    const data = join(this.folder, 'redis/appendonlydir')
    process.kill(this.redis.pid, 'SIGKILL')
    await rm(data, { recursive: true })
    if (backup !== undefined) await cp(backup, data, { recursive: true })
    await this.redis.restart()
  }

  /** @returns The folder of a copy of what Redis has on disk. */
  async backUpRedis(): Promise<string> {
    const backup = join(this.folder, 'backup')
    await cp(join(this.folder, 'redis/appendonlydir'), backup, { recursive: true })
    return backup
  }

  async close(): Promise<void> {
    await this.load.stop()
    await this.servers.stop().catch(() => undefined) // it may have ended
    this.servers.close()
    await this.redis.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  /** The mails that have come since it was last asked. */
  async #newResetTokens(email: string): Promise<string[]> {
    const outbox = join(this.folder, 'data/outbox')
    const names = await readdir(outbox).catch(() => []) // there is none before the first mail
    const mails = names.filter((name) => name.endsWith('.eml'))
    const tokens: string[] = []
    for (const file of mails.map((name) => join(outbox, name))) {
      const mail = (await readFile(file, 'utf8')).replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=')
      const token = /\/reset-password\?token=([\w-]+)/.exec(mail)?.[1]
      if (!mail.includes(`\nTo: ${email}`) || token === undefined) continue
      tokens.push(token)
      await rm(file)
    }
    return tokens
  }
}
