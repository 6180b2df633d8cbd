export const users = ['ada', 'bob'] as const

export interface Entry {
  readonly id: string
  token: string
  createdAt: number
  lastSeen: number
  authenticatedAt: number
  idleDeadline: number
  absoluteDeadline: number
  data: Record<string, unknown>
}

/** The sessions of the users, in plain memory. */
export class Model {
  now = Date.UTC(2030, 0, 1)
  /** Every session that Redis still holds, expired ones too. */
  readonly held = new Map<string, Entry[]>(users.map((user) => [user, []]))
  /** How often each user's credentials changed. */
  readonly changes = new Map<string, number>(users.map((user) => [user, 0]))
  /** Sign-ins under way: when each began, and how often credentials had changed by then. */
  readonly begun: { startedAt: Date; changes: ReadonlyMap<string, number> }[] = []
  /** Every token that was ever given out, with its user. */
  readonly tokens: { user: string; id: string; token: string }[] = []

  heldBy(user: string): Entry[] {
    return this.held.get(user) ?? []
  }
  changesOf(user: string): number {
    return this.changes.get(user) ?? 0
  }
  isLive({ idleDeadline, absoluteDeadline }: Entry): boolean {
    return Math.min(idleDeadline, absoluteDeadline) > this.now
  }
  live(user: string): Entry[] {
    return this.heldBy(user).filter((entry) => this.isLive(entry))
  }
  find({ user, token }: { user: string; token: string }): Entry | undefined {
    return this.live(user).find((entry) => entry.token === token)
  }
  retain(user: string, isRetained: (entry: Entry) => boolean): void {
    this.held.set(user, this.heldBy(user).filter(isRetained))
  }
}
