const LEAST_DISTINCT = 8

/** Words of examples and of keyboards. A generated secret holds one of them once in some million. */
const PLACEHOLDERS =
  /better-?auth|changeme|changethis|default|example|insecure|letmein|password|placeholder|qwerty|replace|secret|testing|yoursecret|yourkey|asdfgh|zxcvbn|1qaz2wsx|qazwsx|1234567|abcdefg/

/**
 * Whether a secret of at least 32 characters is one that a person typed, copied from an example, or repeated to its
 * length. A generated secret, such as the output of `openssl rand -base64 32` or `-hex 16`, is none.
 */
export function isWeakSecret(secret: string): boolean {
  const lower = secret.toLowerCase()
  const letters = lower.replaceAll(/[^a-z0-9]/g, '')
  const meant = lower.replaceAll(/[0134579@$!]/g, (sign) => LETTERS.get(sign) ?? sign).replaceAll(/[^a-z]/g, '')
  return (
    new Set(secret).size < LEAST_DISTINCT ||
    isRepetition(secret) ||
    isMostlySequence(secret) ||
    PLACEHOLDERS.test(letters) ||
    PLACEHOLDERS.test(meant) ||
    isWords(secret)
  )
}

/** Signs that people type for letters. */
const LETTERS = new Map([
  ['0', 'o'],
  ['1', 'i'],
  ['3', 'e'],
  ['4', 'a'],
  ['5', 's'],
  ['7', 't'],
  ['9', 'g'],
  ['@', 'a'],
  ['$', 's'],
  ['!', 'i'],
])

/** Letters of one case, words with a capital in front, or a short number. */
const WORDS = /^(?:[A-Z]+|[a-z]*(?:[A-Z][a-z]{2,})*|\d{1,8})$/
/** A part of so few characters may be anything, such as `42x`. */
const SHORT = 3

/**
 * Whether it is nothing but words and numbers with signs between them, or words with a number behind them. Of secrets with letters of both
 * cases and digits, one in some million is so. One of letters of one case always is.
 */
function isWords(secret: string): boolean {
  const parts = secret.replace(/\d{1,8}$/, '').split(/[^A-Za-z\d]+/)
  return parts.every((part) => part.length <= SHORT || WORDS.test(part))
}

/** Whether it is one text, twice or more often in a row. */
function isRepetition(secret: string): boolean {
  return Array.from({ length: Math.floor(secret.length / 2) }, (_, n) => n + 1).some(
    (period) =>
      secret ===
      secret
        .slice(0, period)
        .repeat(Math.ceil(secret.length / period))
        .slice(0, secret.length),
  )
}

/** Whether most of its characters follow their neighbour, as in `aaaa`, `abcd` or `9876`. */
function isMostlySequence(secret: string): boolean {
  const steps = Array.from(secret.slice(1), (character, n) => character.charCodeAt(0) - secret.charCodeAt(n))
  return steps.filter((step) => Math.abs(step) <= 1).length >= 0.6 * steps.length
}
