/** Milliseconds that a browser has to begin to save a file. */
const SAVED_WITHIN_MS = 60_000

export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), SAVED_WITHIN_MS)
}
