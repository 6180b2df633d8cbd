/**
 * Runs works in groups: once a group is done, the next one begins. Commands that begin together reach Redis together, which costs Redis
 * less than one command after the other.
 */
export class InFlightLimit {
  readonly #size: number
  #waiting: (() => void)[] = []
  #running = 0

  constructor(size: number) {
    this.#size = size
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running === this.#size || this.#waiting.length > 0)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running += 1
    try {
      return await work()
    } finally {
      this.#running -= 1
      if (this.#running === 0) this.#beginNext()
    }
  }

  #beginNext(): void {
    const group = this.#waiting.slice(0, this.#size)
    this.#waiting = this.#waiting.slice(this.#size)
    this.#running = group.length
    for (const begin of group) begin()
  }
}
