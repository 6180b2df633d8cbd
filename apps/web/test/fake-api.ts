import type { MailedSignIn, MailedSignUp, RecentAddition } from '@rollcall/api'
import { TRPCError } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import type { SessionEnd } from '../src/api/trpc.js'
import { createFakeAdmin, emptyAdminState } from './fake-admin.js'
import { readCursor, readEmail, readId, readIds } from './fake-inputs.js'
import { t } from './fake-trpc.js'
import { network } from './network.js'

interface FakeDevice {
  id: string
  browser: string
  os: string
  kind: 'desktop' | 'phone'
  isCurrent: boolean
  place?: { kind: 'local' } | { kind: 'country'; code: string } | null
  deviceId?: string
  name?: string | null
  lastSeenAt?: string
}

type StreamEvent = 'devices' | { type: 'waiting' } | SessionEnd

interface FakeEntry {
  id: string
  type: 'signed-in' | 'revoked'
  device: FakeDevice & { ipAddress: string | null }
  by: (FakeDevice & { ipAddress: string | null }) | null
  newName: string | null
  signIn?: { sessionId: string; signs: string[] }
}

/** As many as the pages of the fake hold. */
const PAGE = 2

/** A real tRPC server behind `fetch`, and a stand-in for the two answers of better-auth that matter here. */
export function serveFakeApi() {
  const state = {
    devices: [
      { id: 'here', browser: 'Chrome', os: 'macOS', kind: 'desktop', isCurrent: true },
      { id: 'there', browser: 'Firefox', os: 'Windows 11', kind: 'desktop', isCurrent: false },
    ] as FakeDevice[],
    activity: [] as FakeEntry[],
    /** Beside what is known of every device, and of its sign-ins. */
    facts: {},
    details: {},
    /** The signs of unusual sign-ins, by session. */
    unusual: new Map<string, string[]>(),
    /** Nobody answers the question about them, as with a database that hangs. */
    unusualHangs: false,
    /** The session of the browser's cookie. */
    session: { id: 'here', user: { name: 'Ada Lovelace', email: 'ada@example.com', isAdmin: false } },
    /** Whether the rules allow the next name. */
    acceptsNames: true,
    /** The next calls meet these, one each; then `always` decides. */
    next: [] as ('UNAUTHORIZED' | 'SERVICE_UNAVAILABLE')[],
    always: null as 'UNAUTHORIZED' | 'SERVICE_UNAVAILABLE' | null,
    /** Changes, but for those below `/api/auth`, wait for a proof. */
    needsProof: false,
    signOutStatus: 200,
    /** The sign-in or sign-up behind a link; `null` for a dead one. */
    link: { signIn: null } as {
      signIn: MailedSignIn | null
      additions?: readonly RecentAddition[]
      signUp?: MailedSignUp
    } | null,
    signUpPolicy: { confirmsAddress: false },
    /** Codes of refusals below `/api/auth`, by path. */
    authRefusals: new Map<string, string>(),
    emailChange: null as { email: string } | null,
    isDeleted: false,
    hasPassword: true,
    passkeys: ['Work key'],
    ...emptyAdminState(),
    mutations: 0,
    /** Keeps every call waiting until `release`. */
    hold() {
      gate = new Promise((resolve) => {
        state.release = resolve
      })
    },
    release: () => {},
    /** Publishes the next message of the stream; `break` ends it. */
    publish(message: StreamEvent | 'break') {
      for (const listener of listeners) listener(message)
    },
    streams: 0,
  }
  const listeners = new Set<(message: StreamEvent | 'break') => void>()
  let gate = Promise.resolve()

  const isOther = (expected: string | null) => expected !== null && expected !== state.session.id
  const procedure = t.procedure.use(async ({ ctx, next, type }) => {
    if (type === 'mutation') state.mutations += 1
    await gate
    const code = state.next.shift() ?? state.always
    if (code !== null) throw new TRPCError({ code })
    if (type === 'mutation' && isOther(ctx.expected))
      throw new TRPCError({ code: 'CONFLICT', message: 'OTHER_SESSION' })
    if (type === 'mutation' && state.needsProof) throw new TRPCError({ code: 'FORBIDDEN', message: 'REAUTHENTICATE' })
    return next()
  })
  const shown = () =>
    state.devices.map((device) => ({
      place: null,
      deviceId: null,
      name: null,
      signInMethod: { kind: 'password' },
      proofMethod: null,
      lastSeenAt: time,
      ...device,
      ipAddress: '192.0.2.1',
      createdAt: time,
      authenticatedAt: time,
      expiresAt: time,
      ...state.facts,
    }))
  const time = '2026-01-05T09:00:00.000Z'
  const router = t.router({
    session: t.router({
      current: procedure.query(() => ({
        id: state.session.id,
        createdAt: time,
        expiresAt: time,
        user: { id: 'u', ...state.session.user },
      })),
    }),
    providers: t.router({
      list: procedure.query(() => ({
        linked: [{ id: 'acme-1', provider: 'acme', name: 'Acme', canProve: true, createdAt: time, lastUsedAt: time }],
        available: [{ id: 'beta', name: 'Beta' }],
      })),
    }),
    passkeys: t.router({
      list: procedure.query(() =>
        state.passkeys.map((name) => ({ id: name, name, manager: null, createdAt: time, lastUsedAt: null })),
      ),
    }),
    emailChange: t.router({
      pending: procedure.query(() => state.emailChange && { ...state.emailChange, confirmed: [], expiresAt: time }),
      request: procedure.input(readEmail).mutation(({ input }) => (state.emailChange = input)),
    }),
    account: t.router({
      password: procedure.query(() => (state.hasPassword ? { lastUsedAt: time } : null)),
      delete: procedure.mutation(() => (state.isDeleted = true)),
    }),
    activity: t.router({
      list: procedure.input(readCursor).query(({ input: { from, kind } }) => {
        const all = state.activity.filter(({ type }) => kind === undefined || kinds[type] === kind)
        return {
          entries: all.slice(from, from + PAGE).map((entry) => ({ ...entry, at: time })),
          nextCursor: from + PAGE < all.length ? { at: from + PAGE, id: '' } : null,
        }
      }),
    }),
    admin: createFakeAdmin(procedure, state, shown, () => state.activity.map((entry) => ({ ...entry, at: time }))),
    devices: t.router({
      list: procedure.query(shown),
      changes: procedure.subscription(async function* ({ signal }) {
        state.streams += 1
        const messages: (StreamEvent | 'break')[] = ['devices']
        let wake = () => {}
        const listener = (message: StreamEvent | 'break') => {
          messages.push(message)
          wake()
        }
        listeners.add(listener)
        signal?.addEventListener('abort', () => wake())
        for (;;) {
          if (signal?.aborted) break
          const message = messages.shift()
          if (message === 'break') break
          if (message === undefined) await new Promise<void>((resolve) => (wake = resolve))
          else yield message === 'devices' ? { type: 'devices' as const, devices: shown() } : message
          if (typeof message === 'object' && message.type === 'ended') break
        }
        listeners.delete(listener)
      }),
      unusual: procedure.query(async () => {
        if (state.unusualHangs) await new Promise(() => {})
        return [...state.unusual].map(([id, signs]) => ({ id, signs }))
      }),
      confirm: procedure.input(readIds).mutation(({ input: ids }) => {
        for (const id of ids) state.unusual.delete(id)
        return { confirmed: ids.length }
      }),
      details: procedure.input(readId).query(() => ({
        userAgent: 'the whole agent',
        firstSignInAt: time,
        lastSignInAt: time,
        signIns: 3,
        addresses: [{ ipAddress: '192.0.2.7', place: { kind: 'country', code: 'JP' } }],
        ...state.details,
      })),
      revokeMany: procedure.input(readIds).mutation(({ input: ids }) => {
        const before = state.devices.length
        state.devices = state.devices.filter(({ id }) => !ids.includes(id))
        return { revoked: before - state.devices.length }
      }),
      revokeOthers: procedure.mutation(() => {
        const others = state.devices.filter(({ isCurrent }) => !isCurrent)
        state.devices = state.devices.filter(({ isCurrent }) => isCurrent)
        return { revoked: others.length }
      }),
      rename: procedure.input(readId).mutation(() => {
        if (!state.acceptsNames)
          throw new TRPCError({ code: 'BAD_REQUEST', message: 'name: must have no control characters' })
        return { renamed: 1 }
      }),
      revoke: procedure.input(readId).mutation(({ input }) => {
        const before = state.devices.length
        state.devices = state.devices.filter(({ id }) => id !== input.id)
        return { revoked: before - state.devices.length }
      }),
    }),
  })

  network.answer = async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/api/link')
      return state.link ? Response.json(state.link) : Response.json({ code: 'INVALID_TOKEN' }, { status: 400 })
    const expected = request.headers.get('x-expected-session')
    if (pathname.startsWith('/api/auth/')) {
      const code = state.authRefusals.get(pathname) ?? (isOther(expected) ? 'OTHER_SESSION' : undefined)
      if (code !== undefined) return Response.json({ code }, { status: code === 'OTHER_SESSION' ? 409 : 400 })
      if (pathname === '/api/auth/sign-up/policy') return Response.json(state.signUpPolicy)
      return Response.json({}, { status: pathname === '/api/auth/sign-out' ? state.signOutStatus : 200 })
    }
    return fetchRequestHandler({ endpoint: '/trpc', router, req: request, createContext: () => ({ expected }) })
  }
  return state
}

const kinds: Record<FakeEntry['type'], string> = { 'signed-in': 'sign-ins', revoked: 'sign-outs' }
