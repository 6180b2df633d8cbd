/**
 * Conditions that each session has which a filter selects. Redis checks them, so that other sessions do not leave it. It lets
 * some of the others pass, so the filter itself decides about those that do.
 */
export interface Prefilter {
  /** Whether the filter has no other conditions. Then Redis also revokes, where it is sure of a session. */
  readonly isWhole: boolean
  /** An address of IPv4 that begins with the text `before`, and goes on with an octet from `from` to `to`. */
  readonly address?: { readonly before: string; readonly from: number; readonly to: number }
  /** A user agent that contains this text, in any case. The text is ASCII in lower case. */
  readonly userAgentText?: string
  /** Times of the sign-in and of the last activity, in milliseconds since the epoch: from one, and before another. */
  readonly times?: {
    readonly createdFrom: number
    readonly createdBefore: number
    readonly seenFrom: number
    readonly seenBefore: number
  }
}
