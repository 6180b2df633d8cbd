import { distance } from 'fastest-levenshtein'

/** The names that are most like a text, the nearest first. One that has it as a part is nearest. Case does not count. */
export function nearestNames(text: string, names: readonly string[], most: number): string[] {
  const wanted = text.toLowerCase()
  const distanceTo = (name: string): number =>
    name.toLowerCase().includes(wanted) ? 0 : distance(wanted, name.toLowerCase())
  return names.toSorted((one, other) => distanceTo(one) - distanceTo(other)).slice(0, most)
}
