export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** How long a page waits for an answer that it can be shown without. */
export const CHECK_TIMEOUT_MS = 3_000
