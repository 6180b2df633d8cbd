/** Takes `Set-Cookie` lines out of an answer. */
export function dropSetCookies(answer: Headers | undefined, isDropped: (line: string) => boolean): void {
  const lines = answer?.getSetCookie() ?? []
  const kept = lines.filter((line) => !isDropped(line))
  if (kept.length === lines.length) return
  answer?.delete('set-cookie')
  for (const line of kept) answer?.append('set-cookie', line)
}

/** Large cookies are in parts: `name.0`, `name.1`. */
export function setsCookie(line: string, name: string): boolean {
  return line.startsWith(`${name}=`) || line.startsWith(`${name}.`)
}
