// Preloaded into a server whose clock is to be off: --import .../shifted-clock.mjs?offset=<milliseconds>
const offset = Number(new URL(import.meta.url).searchParams.get('offset'))
const { now } = Date

globalThis.Date = class extends Date {
  /** @param {ConstructorParameters<typeof Date>} parts */
  constructor(...parts) {
    if (parts.length === 0) super(now() + offset)
    else super(...parts)
  }

  static now() {
    return now() + offset
  }
}
