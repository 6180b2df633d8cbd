import { fill, type RunbookCase } from './runbook.js'
import type { Result, Shell } from './shells.js'

/** A command that has ended. Times are those of `performance.now()`. */
export interface Typed extends Result {
  readonly lines: readonly string[]
  readonly began: number
  readonly ended: number
}

/** Types the commands of a case in their order, with what earlier ones printed in place of the placeholders. */
export class Typist {
  readonly #case: RunbookCase
  readonly #shell: Shell
  readonly #env: () => Readonly<Record<string, string>>
  readonly #known: Record<string, string> = {}
  #next = 0

  constructor(runbookCase: RunbookCase, shell: Shell, env: () => Readonly<Record<string, string>>) {
    this.#case = runbookCase
    this.#shell = shell
    this.#env = env
  }

  /**
   * Types the next command of the case.
   *
   * @param start Its beginning: a drill and its document must agree.
   * @param values Those of placeholders that no command prints.
   */
  async type(start: string, values: Readonly<Record<string, string>> = {}): Promise<Typed> {
    const { title, commands } = this.#case
    const command = commands[this.#next] ?? 'nothing'
    if (!command.startsWith(start)) throw new Error(`${title}: the runbook has ${command} where the drill has ${start}`)
    this.#next += 1
    const line = fill(command, { ...this.#known, ...values })
    const began = performance.now()
    const result = await this.#shell.run(line, this.#env())
    const ended = performance.now()
    if (result.code !== 0) throw new Error(`${title}: ${line}\nended with ${result.code}: ${result.err}${result.out}`)
    const [, count] = /--confirm (\d+)/.exec(result.err) ?? []
    const [, time] = / (\S+Z)  by /.exec(result.out) ?? []
    Object.assign(this.#known, count !== undefined && { count }, time !== undefined && { time })
    return { ...result, lines: result.out.split('\n').filter((text) => text !== ''), began, ended }
  }

  /** @throws {Error} if the case has commands that were not typed. */
  finish(): void {
    const left = this.#case.commands.slice(this.#next)
    if (left.length > 0) throw new Error(`${this.#case.title}: the drill did not type ${left.join('; ')}`)
  }
}
