/**
 * A sign in a user agent. A string does not count inside a longer word ("SkyLine/" is not "Line/"); one that begins with ^
 * counts at the start only. A regular expression is for a shape, such as the model of a television. A list means all of it.
 */
type Mark = string | RegExp | readonly (string | RegExp)[]

/** Any of them is enough. */
export type Marks = readonly Mark[]

/** Takes time in proportion to the length of the text. */
export function fits(text: string, marks: Marks): boolean {
  return marks.some((mark) =>
    typeof mark === 'string' || mark instanceof RegExp ? has(text, mark) : mark.every((part) => has(text, part)),
  )
}

export function has(text: string, mark: string | RegExp): boolean {
  if (mark instanceof RegExp) return mark.test(text)
  if (mark.startsWith('^')) return text.startsWith(mark.slice(1))
  let at = text.indexOf(mark)
  while (at > 0 && /[A-Za-z]/.test(text.charAt(at - 1))) at = text.indexOf(mark, at + 1)
  return at !== -1
}

/** All of these in one pass over the text. Their flags do not count. */
export function anyOf(shapes: readonly RegExp[]): RegExp {
  return new RegExp(shapes.map(({ source }) => source).join('|'))
}
