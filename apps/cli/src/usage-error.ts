/** A mistake of the person who types. The message says what to do. */
export class UsageError extends Error {}

export function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new UsageError(`${option} must be a whole number`)
  return Number(text)
}
