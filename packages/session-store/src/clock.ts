/** Milliseconds since the epoch. Injected, so that deadlines can be tested without waiting. */
export type Clock = () => number
