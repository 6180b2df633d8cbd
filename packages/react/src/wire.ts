// The answers of the devices router of `@rollcall/trpc`, written out so that a page needs no package of the server.
// `test/wire-types.ts` compares these types with those of the server.

/** Roughly where an IP address is. A country is a guess: a proxy or VPN may stand in between. */
export type Place =
  | { readonly kind: 'local' }
  /** ISO 3166-1 alpha-2, and XK. */
  | { readonly kind: 'country'; readonly code: string }

/** How a person signed in, or proved again who they are. `provider` is its id in the configuration, such as `google`. */
type SignInMethod =
  | {
      readonly kind:
        | 'password'
        | 'two-factor'
        | 'passkey'
        | 'email-link'
        | 'email-code'
        | 'phone-code'
        | 'wallet'
        | 'anonymous'
        | 'impersonation'
    }
  | { readonly kind: 'provider'; readonly provider: string }

/** One session of the user, as the devices page shows it. All times are ISO 8601. */
export interface Device {
  /** The id of the session; `revoke` takes it. */
  id: string
  /** Whether it is the session that asked. */
  isCurrent: boolean
  /** The browser, over all its sign-ins; `null` where it is not known. */
  deviceId: string | null
  /** The name that its owner has given it. */
  name: string | null
  /** Such as `Chrome`. */
  browser: string
  /** Such as `Windows 11`; empty when unknown. */
  os: string
  kind: 'desktop' | 'phone' | 'tablet' | 'tv' | 'console' | 'program' | 'unknown'
  ipAddress: string | null
  place: Place | null
  /** How it signed in; `null` where that is not known. */
  signInMethod: SignInMethod | null
  createdAt: string
  /** When the person last proved who they are: at the sign-in, or later. */
  authenticatedAt: string
  /** How they proved it then; `null` where that is not known. */
  proofMethod: SignInMethod | null
  lastSeenAt: string
  expiresAt: string
}

/** The last message of a stream: the session has ended. */
export interface SessionEnd {
  readonly type: 'ended'
  /** `unknown` where only that it has ended could be seen. */
  readonly cause:
    | 'revoke'
    | 'revoke-others'
    | 'revoke-all'
    | 'credential-change'
    | 'cap'
    | 'operator'
    | 'expired'
    | 'unknown'
  /** The device that asked for it. */
  readonly by: { readonly isSelf: boolean; readonly browser: string; readonly os: string } | null
  /** ISO 8601. */
  readonly at: string
  /** The public reason of an operator; left out if there is none. */
  readonly reason?: string
}

export type StreamMessage =
  /** The devices as they are now: at first, and after every change. */
  | { readonly type: 'devices'; readonly devices: Device[] }
  /** Changes cannot be seen at the moment, so that the devices may be out of date. Nobody was signed out. */
  | { readonly type: 'waiting' }
  | SessionEnd
