/** The actions of the workers. `create` is the store's own, called beside the API: a sign-in without the slow password. */
export type Kind =
  | 'sign-up'
  | 'sign-in'
  | 'create'
  | 'session.current'
  | 'devices.list'
  | 'devices.revoke'
  | 'devices.revokeOthers'
  | 'devices.revokeAll'
  | 'sign-out'
  | 'change-password'

/** The credential in a cookie. A password change gives the same session its next generation. */
export interface Credential {
  readonly session: string
  readonly generation: number
}

/**
 * One call as its caller saw it. All times are milliseconds of one monotonic clock. The calls of a batch
 * are calls like any other, which share their start and end.
 */
export interface Call {
  readonly kind: Kind
  readonly user: string
  /** Which server was asked; see {@link Server}. */
  readonly server: number
  /** Before the first byte was sent. */
  readonly start: number
  /** After the last byte was read. `null`: no answer came. */
  readonly end: number | null
  /** Of a `create`: when its sign-in had surely begun. It is refused, or revoked, by each password change that starts later. */
  readonly begun?: number
  /** The HTTP status of this call, be it in a batch. `null`: no answer came. */
  readonly status: number | null
  /** The answer took the session cookie away. */
  readonly cleared?: boolean
  readonly by?: Credential
  /** The credential that came with the answer. */
  readonly made?: Credential
  /** The session that devices.revoke names. */
  readonly target?: string
  /** How many sessions the answer says to have ended. */
  readonly revoked?: number
  /** The ids that devices.list answered. */
  readonly listed?: readonly string[]
}

/** One life of a server process: one that is started again is another one. */
export interface Server {
  readonly id: number
  /** When it was surely dead. `null`: it lives. */
  readonly ended: number | null
}

/** One connection of a server to Redis. */
export interface Connection {
  readonly server: number
  readonly opened: number
  /** When Redis had surely run, or would never run, every command sent on it. `null`: it is open. */
  readonly closed: number | null
}

export interface Fault {
  readonly name: string
  readonly start: number
  readonly end: number
}

export interface History {
  readonly calls: readonly Call[]
  readonly servers: readonly Server[]
  readonly connections: readonly Connection[]
}
