import type { Kind as ApiCall, Seen } from '@rollcall/dev-servers'

/** The actions of the workers. `create` is the store's own, called beside the API: a sign-in without the slow password. */
export type Kind = ApiCall | 'create'

/** The credential in a cookie. A password change gives the same session its next generation. */
export interface Credential {
  readonly session: string
  readonly generation: number
}

/** One call as its caller saw it, before anyone knows whose it was. */
export interface SeenCall extends Omit<Seen, 'kind'> {
  readonly kind: Kind
  /** For a `create`: a time at which its sign-in had begun. It is refused, or revoked, by each password change that starts later. */
  readonly begun?: number
}

export interface Call extends SeenCall {
  readonly user: string
  /** Which server was asked; see {@link Server}. */
  readonly server: number
  readonly by?: Credential
  /** The credential that came with the answer. */
  readonly made?: Credential
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
