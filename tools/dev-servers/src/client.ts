import { randomInt } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { z } from 'zod'
import type { ApiServer } from './servers.js'

export const COOKIE = 'rollcall.session_token'

/** The calls of a client. */
export type Kind =
  | 'sign-up'
  | 'sign-in'
  | 'session.current'
  | 'devices.list'
  | 'devices.revoke'
  | 'devices.revokeOthers'
  | 'devices.revokeAll'
  | 'sign-out'
  | 'change-password'

/**
 * The observations of one call, before it is known whose it was. All times are milliseconds of one monotonic clock. The calls
 * of a batch are calls like any other, which share their start and end.
 */
export interface Seen {
  readonly kind: Kind
  /** Before the first byte was sent. */
  readonly start: number
  /** After the last byte was read. `null`: no answer came. */
  readonly end: number | null
  /** The HTTP status of this call, be it in a batch. `null`: no answer came. */
  readonly status: number | null
  /** The answer took the session cookie away. */
  readonly cleared?: boolean
  /** The session that devices.revoke names. */
  readonly target?: string
  /** How many sessions the answer says to have ended. */
  readonly revoked?: number
  /** The ids that devices.list answered. */
  readonly listed?: readonly string[]
}

/** A call of better-auth's, with the cookie and the user that came back. */
export interface SeenAuth extends Seen {
  readonly cookie: string | undefined
  readonly userId: string | undefined
}

const paths = {
  'sign-up': '/sign-up/email',
  'sign-in': '/sign-in/email',
  'sign-out': '/sign-out',
  'change-password': '/change-password',
} as const satisfies Partial<Record<Kind, string>>

const withUser = z.object({ user: z.object({ id: z.string() }) })

export async function authCall(
  server: ApiServer,
  kind: keyof typeof paths,
  body: object,
  cookie?: string,
): Promise<SeenAuth> {
  const start = performance.now()
  const reply = await ask(server, `/api/auth${paths[kind]}`, cookie, body)
  return {
    kind,
    start,
    end: reply && performance.now(),
    status: reply?.status ?? null,
    cleared: reply?.cleared ?? false,
    cookie: reply?.cookie,
    userId: withUser.safeParse(reply?.body).data?.user.id,
  }
}

export type Procedure = Extract<Kind, `session.${string}` | `devices.${string}`>

const queries = new Set<Procedure>(['session.current', 'devices.list'])

const answers = z.array(
  z.union([
    z.object({ result: z.object({ data: z.unknown() }) }),
    z.object({ error: z.object({ data: z.object({ httpStatus: z.number() }) }) }),
  ]),
)
const list = z.array(z.object({ id: z.string() }))
const count = z.object({ revoked: z.number() })

/** Calls procedures in one batch: all of them queries, or all mutations. */
export async function trpcCalls(
  server: ApiServer,
  cookie: string,
  calls: readonly { kind: Procedure; target?: string }[],
): Promise<Seen[]> {
  const input = Object.fromEntries(calls.flatMap(({ target: id }, at) => (id === undefined ? [] : [[at, { id }]])))
  const path = `/trpc/${calls.map(({ kind }) => kind).join(',')}?batch=1`
  const start = performance.now()
  const reply = await ask(server, path, cookie, calls.every(({ kind }) => queries.has(kind)) ? undefined : input)
  const end = reply && performance.now()
  const batch = answers.safeParse(reply?.body).data
  // One header for the whole batch: it belongs to the call whose business it is.
  const clearing = Math.max(
    0,
    calls.findIndex(({ kind }) => kind === 'devices.revokeAll'),
  )
  return calls.map(({ kind, target }, at) => {
    const answer = batch?.[at]
    const seen = {
      kind,
      start,
      end,
      cleared: at === clearing && (reply?.cleared ?? false),
      ...(target !== undefined && { target }),
    }
    if (answer === undefined) return { ...seen, status: reply?.status ?? null }
    if ('error' in answer) return { ...seen, status: answer.error.data.httpStatus }
    const { data } = answer.result
    const listed = list.safeParse(data).data?.map(({ id }) => id)
    const revoked = count.safeParse(data).data?.revoked
    return { ...seen, status: 200, ...(listed && { listed }), ...(revoked !== undefined && { revoked }) }
  })
}

interface Reply {
  readonly status: number
  readonly body: unknown
  /** The session cookie that was set. */
  readonly cookie: string | undefined
  readonly cleared: boolean
}

/** Longer than any answer may take; a call that runs into it has no answer. */
const REPLY_TIMEOUT_MS = 30_000

/** `null`: no answer, or not the whole of it. */
async function ask(
  server: ApiServer,
  path: string,
  cookie: string | undefined,
  body: object | undefined,
): Promise<Reply | null> {
  try {
    const response = await fetch(`${server.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'x-forwarded-for': anAddress(),
        ...(cookie !== undefined && { cookie: `${COOKIE}=${cookie}` }),
        ...(body && { origin: server.origin, 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(REPLY_TIMEOUT_MS),
    })
    const text = await response.text()
    const set = response.headers.getSetCookie().find((header) => header.startsWith(`${COOKIE}=`))
    const cleared = set !== undefined && /max-age=0/i.test(set)
    return {
      status: response.status,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
      cookie: cleared ? undefined : set?.slice(COOKIE.length + 1, set.indexOf(';')),
      cleared,
    }
  } catch {
    return null
  }
}

/** From the block for benchmarks, so that the limits per address do not count these calls as one client's. */
function anAddress(): string {
  return `198.${18 + randomInt(2)}.${randomInt(256)}.${randomInt(256)}`
}
