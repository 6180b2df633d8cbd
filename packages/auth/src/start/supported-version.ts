/** The range of the peer dependency. It begins with the oldest on which the suites ran; a later minor may change what we rely on. */
const MINOR = /^1\.7\.(\d+)/
const OLDEST_PATCH = 20

/**
 * Refuses another better-auth than the package declares. A package manager may install one with only a warning.
 *
 * @param version As better-auth reports it, such as `1.7.25`.
 * @throws {Error} at the start of the application.
 */
export function rejectUnsupportedVersion(version: string | undefined): void {
  if (Number(version?.match(MINOR)?.[1]) >= OLDEST_PATCH) return
  throw new Error(
    `Rollcall cannot work with better-auth ${version ?? 'of an unknown version'}: it needs 1.7.${OLDEST_PATCH} or a later 1.7`,
  )
}
