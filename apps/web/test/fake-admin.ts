import { TRPCError } from '@trpc/server'
import { readCursor } from './fake-inputs.js'
import { t } from './fake-trpc.js'

type Streams = Set<(message?: 'break') => void>

export interface FakeAdminState {
  /** The changes of administrators: the name of each call and its input. */
  adminChanges: [name: string, input: unknown][]
  /** How many sessions a filter finds. */
  filterFinds: number
  operations: { id: string; state: string }[]
  /** Publishes them on the open streams; `break` ends these. */
  publishOperations(message?: 'break'): void
  operationStreams: Streams
  /** The open streams of Katherine. */
  personStreams: Streams
  publishPerson(message?: 'break'): void
  /** How often they were asked for without a stream. */
  operationLists: number
  /** Whether the account of Katherine is. */
  isBlocked: boolean
  isGone: boolean
  failsChanges: boolean
  /** What the API says of a filter, as it names each field. */
  refusal: string
  /** Whether a search finds more people than it shows. */
  findsMore: boolean
}

export const emptyAdminState = (): FakeAdminState => ({
  adminChanges: [],
  filterFinds: 3,
  operations: [],
  operationStreams: new Set(),
  personStreams: new Set(),
  publishPerson(message) {
    for (const publish of this.personStreams) publish(message)
  },
  publishOperations(message) {
    for (const publish of this.operationStreams) publish(message)
  },
  operationLists: 0,
  isBlocked: false,
  isGone: false,
  failsChanges: false,
  refusal: '',
  findsMore: false,
})

const katherine = {
  id: 'katherine',
  name: 'Katherine Johnson',
  email: 'katherine@example.com',
  isAdmin: false,
  isBanned: false,
  banReason: '',
}
const at = '2026-01-05T09:00:00.000Z'

/** The part of the fake API for administrators. */
export function createFakeAdmin(
  procedure: typeof t.procedure,
  state: FakeAdminState,
  devices: () => object[],
  activity: () => object[],
) {
  const change = (name: string, answer: object) =>
    procedure.input(asItIs).mutation(({ input }) => {
      if (state.failsChanges) throw new TRPCError({ code: 'SERVICE_UNAVAILABLE' })
      state.adminChanges.push([name, input])
      return answer
    })
  const shownPerson = () => ({ person: { ...katherine, isBanned: state.isBlocked }, devices: devices() })
  return t.router({
    people: t.router({
      search: procedure.input(asItIs).query(() => ({ people: [katherine], isComplete: !state.findsMore })),
      show: procedure.input(asItIs).query(() => {
        if (state.isGone) throw new TRPCError({ code: 'NOT_FOUND' })
        return shownPerson()
      }),
      changes: procedure.input(asItIs).subscription(({ signal }) =>
        liveChanges(
          state.personStreams,
          () => {
            if (state.isGone) throw new TRPCError({ code: 'NOT_FOUND' })
            return { ...shownPerson(), operations: state.operations.map(toPublic) }
          },
          signal,
        ),
      ),
      activity: procedure.input(readCursor).query(({ input: { from } }) => ({
        entries: activity().slice(from, from + 1),
        nextCursor: from + 1 < activity().length ? { at: from + 1, id: '' } : null,
      })),
      signOut: change('signOut', { revoked: 1 }),
      requirePasswordReset: change('requirePasswordReset', { hadPassword: true }),
      ban: change('ban', {}),
      unban: change('unban', {}),
    }),
    sessions: t.router({
      find: procedure.input(asItIs).query(() => {
        if (state.refusal !== '') throw new TRPCError({ code: 'BAD_REQUEST', message: state.refusal })
        return { isExact: true, sessions: state.filterFinds, users: state.filterFinds, found: [] }
      }),
      revoke: change('revoke', { id: 'begun' }),
    }),
    operations: t.router({
      list: procedure.query(() => {
        state.operationLists += 1
        return state.operations.map(toPublic)
      }),
      changes: procedure.subscription(({ signal }) =>
        liveChanges(state.operationStreams, () => state.operations.map(toPublic), signal),
      ),
      stop: change('stop', {}),
      resume: change('resume', {}),
    }),
  })
}

async function* liveChanges<T>(streams: Streams, read: () => T, signal: AbortSignal | undefined) {
  let wake: (message?: 'break') => void = () => {}
  const publish = (message?: 'break') => wake(message)
  const onAbort = () => wake('break')
  streams.add(publish)
  signal?.addEventListener('abort', onAbort)
  try {
    for (let message: 'break' | undefined; message !== 'break';) {
      yield read()
      message = signal?.aborted ? 'break' : await new Promise((resolve) => (wake = resolve))
    }
  } finally {
    streams.delete(publish)
  }
}

const asItIs = (input: unknown): unknown => input

function toPublic({ id, state }: FakeAdminState['operations'][number]) {
  return {
    id,
    state,
    at,
    action: 'revoke',
    filter: '{"kind":"phone"}',
    reason: '',
    note: '',
    startedBy: 'Ada',
    revoked: 2,
    people: [],
    progress: { share: 0.5 },
  }
}
