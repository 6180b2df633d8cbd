import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { expect } from 'vitest'
import type { AppRouter } from '../src/index.js'

export const PASSWORD = 'correct horse battery staple'

/** One browser: its cookies, its user agent, and the origin of the page that it shows. */
export function browser(
  {
    send,
    stream,
  }: {
    send: (path: string, init?: RequestInit) => Promise<Response>
    stream: (headers: Record<string, string>, path?: string) => Promise<TestStream>
  },
  origin: string,
  headers: Record<string, string>,
) {
  const jar = new Map<string, string>()
  const cookies = (): Record<string, string> =>
    jar.size > 0 ? { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } : {}

  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const posted = init.method === 'POST' ? { origin, 'content-type': 'application/json' } : {}
    const response = await send(path, {
      ...init,
      headers: { ...posted, ...headers, ...cookies(), ...Object.fromEntries(new Headers(init.headers)) },
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (/max-age=0/i.test(cookie)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }

  const post = (path: string, body: unknown): Promise<Response> =>
    request(path, { method: 'POST', body: JSON.stringify(body) })

  async function ok(response: Promise<Response>): Promise<Response> {
    const answer = await response
    expect(answer.status, await answer.clone().text()).toBe(200)
    return answer
  }

  return {
    jar,
    request,
    post,
    stream: (path?: string) => stream({ ...headers, ...cookies() }, path),
    signUp: (email: string) => ok(post('/api/auth/sign-up/email', { email, password: PASSWORD, name: 'Ada' })),
    signIn: (email: string) => ok(post('/api/auth/sign-in/email', { email, password: PASSWORD })),
    api: createTRPCClient<AppRouter>({
      links: [
        httpBatchLink({
          url: 'http://api/trpc',
          fetch: async (url, init) => {
            const { pathname, search } = new URL(String(url))
            return request(pathname + search, init as RequestInit)
          },
        }),
      ],
    }),
  }
}

export type TestStream = ReturnType<typeof readStream>

/**
 * One event of a stream: `message` for what the procedure yields, else tRPC's own name for it.
 *
 * @public because the type of a test server names it.
 */
export interface StreamEvent {
  readonly event: string
  readonly data: unknown
}

export function readStream(response: Response, seen: (text: string) => void) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const events: StreamEvent[] = []
  let rest = ''

  /** The next event; `null` when the stream has ended. Signs of life are passed over. */
  async function next(): Promise<StreamEvent | null> {
    for (;;) {
      const event = events.shift()
      if (event !== undefined) return event
      const { value, done } = (await reader?.read()) ?? { done: true }
      if (done) return null
      seen(value ?? '')
      const blocks = (rest + (value ?? '')).split(/\n\n+/)
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const fields = Object.fromEntries(
          block
            .trim()
            .split('\n')
            .map((line) => line.split(/: ?(.*)/s, 2)),
        )
        if (fields['data'] === undefined || fields['event'] === 'ping') continue
        events.push({
          event: fields['event'] ?? 'message',
          data: fields['data'] === '' ? null : JSON.parse(fields['data']),
        })
      }
    }
  }

  return {
    response,
    next,
    /** The next message of the procedure, with devices by their ids; any other event as it is, except tRPC's greeting. */
    async message(): Promise<unknown> {
      for (;;) {
        const event = await next()
        if (event === null) return null
        if (event.event === 'connected') continue
        return event.event === 'message' ? brief(event.data) : event
      }
    },
    close: async () => reader?.cancel(),
  }
}

function brief(data: unknown): unknown {
  const { type, devices } = data as { type: string; devices?: { id: string }[] }
  return type === 'devices' ? devices?.map(({ id }) => id) : data
}

export type Browser = ReturnType<typeof browser>
