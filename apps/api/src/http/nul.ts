const NUL_IN_JSON = /(?<!\\)(?:\\\\)*\\u0000/

/** Whether a request holds a NUL, in its URL or as JSON. PostgreSQL takes none in a text, and would look like an outage. */
export function holdsNul(url: string, body: string): boolean {
  const isInUrl =
    url.includes('%00') || (url.includes('?') && NUL_IN_JSON.test([...new URL(url).searchParams.values()].join(' ')))
  return isInUrl || NUL_IN_JSON.test(body)
}
