import { setTimeout as pause } from 'node:timers/promises'

export interface Answer {
  readonly status: number
  readonly text: string
}

/** The last message of an open page. */
export interface SessionEnd {
  readonly cause: string
  readonly reason?: string
}

/** One browser: its cookies, its headers, and the servers that a balancer would choose from. */
export class Browser {
  readonly #cookies = new Map<string, string>()
  readonly #origin: string
  readonly #urls: readonly string[]
  readonly #headers: Readonly<Record<string, string>>
  #turn = 0

  constructor(origin: string, urls: readonly string[], headers: Readonly<Record<string, string>>) {
    this.#origin = origin
    this.#urls = urls
    this.#headers = headers
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value)
  }

  /** Status 0: no answer. */
  async send(path: string, body?: object): Promise<Answer> {
    try {
      const response = await this.#fetch(path, body)
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        if (/max-age=0/i.test(cookie)) this.#cookies.delete(name)
        else this.#cookies.set(name, value)
      }
      return { status: response.status, text: await response.text() }
    } catch {
      return { status: 0, text: '' }
    }
  }

  /** Sends again after an outage, as a person would. */
  async post(path: string, body: object): Promise<Answer> {
    for (;;) {
      const answer = await this.send(path, body)
      if (answer.status !== 503 && answer.status !== 0) return answer
      await pause(100)
    }
  }

  async signUp(email: string, password: string): Promise<void> {
    expectOk(await this.post('/api/auth/sign-up/email', { email, password, name: 'Ada' }))
  }

  async signIn(email: string, password: string): Promise<void> {
    expectOk(await this.post('/api/auth/sign-in/email', { email, password }))
  }

  /** Opens the devices page. Resolves once it shows the list; `ended` once it shows that the session is over. */
  async openPage(): Promise<{ readonly ended: Promise<SessionEnd> }> {
    const response = await this.#fetch('/trpc/devices.changes', undefined, { accept: 'text/event-stream' })
    const messages = messagesOf(response)
    await messages.next()
    return { ended: lastOf(messages) }
  }

  #fetch(path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
    const url = this.#urls[this.#turn % this.#urls.length] ?? ''
    this.#turn += 1
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const posted = body && { origin: this.#origin, 'content-type': 'application/json' }
    return fetch(`${url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { ...this.#headers, ...(cookie !== '' && { cookie }), ...posted, ...headers },
      body: body ? JSON.stringify(body) : null,
    })
  }
}

function expectOk({ status, text }: Answer): void {
  if (status !== 200) throw new Error(`Expected 200, and got ${status}: ${text}`)
}

interface Message {
  readonly type?: string
}

async function* messagesOf(response: Response): AsyncGenerator<Message> {
  let rest = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^data: (\{.*\})$/m.exec(block)?.[1]
      const message = data === undefined ? {} : (JSON.parse(data) as Message) // of our own server
      if (message.type !== undefined) yield message
    }
  }
}

async function lastOf(messages: AsyncGenerator<Message>): Promise<SessionEnd> {
  for await (const message of messages) if (message.type === 'ended') return message as unknown as SessionEnd // as its type says
  return { cause: 'none: the page was closed without a word' }
}
