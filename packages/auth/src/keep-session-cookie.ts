import type { GenericEndpointContext } from '@better-auth/core'

/**
 * better-auth takes a cookie away that signs nobody in. Such an answer may come late, after the browser has signed in anew or
 * has a new secret: then it would sign somebody out.
 */
export function keepSessionCookie({ context }: GenericEndpointContext, answer: Headers | undefined): void {
  const lines = answer?.getSetCookie() ?? []
  const names = Object.values(context.authCookies).map(({ name }) => name)
  const kept = lines.filter((line) => !(/; max-age=0(?:;|$)/i.test(line) && names.some((name) => isOf(line, name))))
  if (kept.length === lines.length) return
  answer?.delete('set-cookie')
  for (const line of kept) answer?.append('set-cookie', line)
}

/** Large ones are in parts: `name.0`, `name.1`. */
function isOf(line: string, name: string): boolean {
  return line.startsWith(`${name}=`) || line.startsWith(`${name}.`)
}
