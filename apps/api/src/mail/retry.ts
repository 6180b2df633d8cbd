const FIRST_RETRY_MS = 1_000

/** Between attempts at any mail, while no mail server answers. */
export const LONGEST_PAUSE_MS = 60_000

/** 1 s, 2 s, 4 s …, up to a limit. In milliseconds. */
export function backoffMs(failures: number, limitMs: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), limitMs)
}
