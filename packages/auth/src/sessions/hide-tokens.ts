import { sessionIdIn, type SessionStore } from '@rollcall/session-store'
import { isAPIError } from 'better-auth/api'
import { requestState } from '../request/request-state.js'

/**
 * An answer with the session id in the place of each token, wherever it stands. So pages that compare `session.token`, or name a
 * session by it, work with ids. Nothing else changes, whatever it looks like: a text is a token if this request has met it, or if
 * the store knows its session.
 *
 * @returns The answer itself if it holds none. An error is changed in place.
 */
export async function hideTokens(answer: unknown, store: SessionStore): Promise<unknown> {
  if (isAPIError(answer)) {
    answer.body = (await hideIn(answer.body, store)) as typeof answer.body // texts stay texts
    return answer
  }
  if (!(answer instanceof Response)) return hideIn(answer, store)
  if (!answer.headers.get('content-type')?.startsWith('application/json')) return answer // it may be a stream
  const text = await answer.clone().text()
  const hidden = await hideIn(text, store)
  if (hidden === text) return answer
  const changed = new Response(String(hidden), answer)
  changed.headers.delete('content-length') // an id is shorter than its token
  return changed
}

async function hideIn(value: unknown, store: SessionStore): Promise<unknown> {
  const { tokens } = await requestState()
  const unknown = new Set<string>()
  changeTexts(value, (text) => {
    for (const [part] of text.matchAll(/[\w-]+/g))
      if (sessionIdIn(part) !== null && !tokens.has(part)) unknown.add(part)
    return text
  })
  // Without an answer of the store, it is better to break an id than to give a token away.
  const isToken = (text: string) =>
    store.validate(text, { strict: true }).then(
      (session) => session !== null,
      () => true,
    )
  const found = await Promise.all([...unknown].map(async (text) => ((await isToken(text)) ? [text] : [])))
  const all = [...tokens, ...found.flat()]
  if (all.length === 0) return value // `changeTexts` copies what refers to itself
  return changeTexts(value, (text) =>
    all.reduce((changed, token) => changed.replaceAll(token, sessionIdIn(token) ?? ''), text),
  )
}

/** Changes all texts that JSON would show of a value. The parts that do not change stay the same objects. */
function changeTexts(value: unknown, change: (text: string) => string, above: readonly object[] = []): unknown {
  if (typeof value === 'string') return change(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (above.includes(value)) return '[Circular]'
  const shown = hasJson(value) ? value.toJSON() : value
  const changePart = (part: unknown): unknown => changeTexts(part, change, [...above, value])
  const changed =
    typeof shown === 'object' && shown !== null ? changeParts(shown, change, changePart) : changePart(shown)
  return changed === shown ? value : changed
}

function changeParts(
  value: object,
  changeName: (name: string) => string,
  changePart: (part: unknown) => unknown,
): object {
  const fields: [string, unknown][] = Object.entries(value)
  const changed = fields.map(([name, part]) => [changeName(name), changePart(part)] as const)
  if (changed.every(([name, part], at) => name === fields[at]?.[0] && part === fields[at][1])) return value
  return Array.isArray(value) ? changed.map(([, part]) => part) : Object.fromEntries(changed)
}

function hasJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}
