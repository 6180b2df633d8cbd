import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** Clients as a balancer has them: each on a connection that it keeps for as long as the server lets it. */
export interface Load {
  /** Failed requests, by what became of them. */
  readonly failures: string[]
  requests(): number
  /** Requests that were answered, but with 503: Redis did not answer in time, as on a busy machine. */
  outages(): number
  stop(): Promise<void>
}

export interface Person {
  readonly email: string
  readonly cookie: string
}

const PASSWORD = 'correct horse battery staple'

/** Milliseconds between two requests of a client. */
const THINK_MS = 100

/** @param origin of the page, as BASE_URL says */
export async function signUp(port: number, origin: string, n: number): Promise<Person> {
  const email = `ada-${n}@example.org`
  const body = { email, password: PASSWORD, name: 'Ada' }
  const { status, cookie } = await ask(new Agent(), port, '/api/auth/sign-up/email', headersOf(origin, n), body)
  if (status !== 200) throw new Error(`A sign-up was answered with ${status}`)
  return { email, cookie }
}

/** A third of the requests are mutations, which no balancer may repeat. One client signs in again and again. */
export function startLoad(port: number, origin: string, people: readonly Person[]): Load {
  const failures: string[] = []
  let [requests, outages] = [0, 0]
  const stopping = new AbortController()

  async function client({ email, cookie }: Person, n: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const headers = { ...headersOf(origin, n), cookie }
    for (let round = 0; !stopping.signal.aborted; round += 1) {
      const [path, body] =
        n === 0
          ? ['/api/auth/sign-in/email', { email, password: PASSWORD }]
          : round % 3 === 0
            ? ['/trpc/devices.revoke', { id: 'someone elses id' }]
            : ['/trpc/session.current', undefined]
      await ask(agent, port, path, headers, body).then(
        ({ status, text }) => {
          if (status === 503) outages += 1
          else if (status !== 200 && status !== 429) failures.push(`${path}: ${status} ${text}`)
        },
        (error: unknown) => failures.push(`${path}: ${String(error)}`),
      )
      requests += 1
      await pause(THINK_MS)
    }
    agent.destroy()
  }
  const clients = people.map(client)
  return {
    failures,
    requests: () => requests,
    outages: () => outages,
    async stop() {
      stopping.abort()
      await Promise.all(clients)
    },
  }
}

/** Each client has its own address, so limits count each by itself. */
const headersOf = (origin: string, n: number) => ({ origin, 'x-forwarded-for': `203.0.113.${n}` })

async function ask(agent: Agent, port: number, path: string, headers: Record<string, string>, body?: object) {
  const text = body && JSON.stringify(body)
  const sent = request({
    agent,
    port,
    host: '127.0.0.1',
    path,
    method: text ? 'POST' : 'GET',
    headers: { ...headers, ...(text && { 'content-type': 'application/json' }) },
  })
  sent.end(text)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage] // of `response`
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer) // no encoding is set
  const cookie = answer.headers['set-cookie']?.map((one) => one.split(';')[0]).join('; ') ?? ''
  return { status: answer.statusCode ?? 0, cookie, text: Buffer.concat(chunks).toString() }
}
