/** Milliseconds since the epoch. Injected, so that deadlines can be tested without waiting. */
export type Clock = () => number

/** The clock of this machine. It looks `Date` up at each call, so that fake timers in an application's tests move it too. */
export const systemClock: Clock = () => Date.now()
