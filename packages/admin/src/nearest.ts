/** The names that are most like a text, the nearest first. Upper and lower case count as equal. */
export function nearestNames(text: string, names: readonly string[], most: number): string[] {
  const wanted = text.toLowerCase()
  const distances = new Map(names.map((name) => [name, distanceOf(wanted, name.toLowerCase())]))
  return names.toSorted((one, other) => (distances.get(one) ?? 0) - (distances.get(other) ?? 0)).slice(0, most)
}

/** How many characters to add, remove or replace (Levenshtein); none where the other one has it as a part. */
function distanceOf(one: string, other: string): number {
  if (other.includes(one)) return 0
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [line, sign] of [...one].entries()) {
    const next = [line + 1]
    for (const [at, letter] of [...other].entries())
      next.push(Math.min((row[at] ?? 0) + (sign === letter ? 0 : 1), (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    row = next
  }
  return row.at(-1) ?? 0
}
