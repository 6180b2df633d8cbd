import { z } from 'zod'

/** A provider that people can sign in with. */
export interface ProviderSettings {
  /** Names the provider in URLs, sessions and rows. */
  readonly id: string
  /** As people read it on the page. */
  readonly name: string
  /** `github` speaks OAuth 2 alone: it signs no ID token, and cannot say when it last checked its user. */
  readonly protocol: 'oidc' | 'github'
  /** The issuer of OpenID Connect. For `github`, nothing reads it. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

const text = (max: number) =>
  z.string(`must be a text`).trim().min(1, 'must not be empty').max(max, `must have ${max} characters at most`)

const credentials = { clientId: text(500), clientSecret: text(2_000) }

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Codes and secrets travel to the issuer, so they must not do so in clear, except on one machine. */
const issuer = z.string('must be a text').refine((address) => {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, search, hash, username, password } = new URL(address)
  if (`${search}${hash}${username}${password}` !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
}, 'must be an https address without a query, such as https://login.example.org')

const presets = {
  google: z.strictObject({ id: z.literal('google'), ...credentials }).transform((given) => ({
    ...given,
    name: 'Google',
    protocol: 'oidc' as const,
    issuer: 'https://accounts.google.com',
  })),
  microsoft: z
    .strictObject({
      id: z.literal('microsoft'),
      tenant: z
        .string('must be a text')
        .regex(/^[\w.-]{1,100}$/, 'must be the id or domain of a tenant, common, organizations or consumers')
        .default('common'),
      ...credentials,
    })
    .transform(({ tenant, ...given }) => ({
      ...given,
      name: 'Microsoft',
      protocol: 'oidc' as const,
      issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
    })),
  github: z
    .strictObject({ id: z.literal('github'), ...credentials })
    .transform((given) => ({ ...given, name: 'GitHub', protocol: 'github' as const, issuer: 'https://github.com' })),
} satisfies Record<string, z.ZodType<ProviderSettings>>

const anyOther = z
  .strictObject({
    id: z
      .string('must be a text')
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be up to 32 small letters, digits or dashes, and begin with a letter')
      .refine((id) => id !== 'credential', 'must not be credential, which means a password'),
    name: text(50),
    issuer,
    ...credentials,
  })
  .transform((given) => ({ ...given, protocol: 'oidc' as const }))

const MAX_PROVIDERS = 10

/** A JSON list, as a setting holds it. Its messages name the entry and the field, and never show a value. */
export const providerList = z.string().transform((json, context): ProviderSettings[] => {
  const refuse = (message: string): never[] => {
    context.addIssue({ code: 'custom', message })
    return []
  }
  const list = z
    .array(z.looseObject({ id: z.string() }))
    .max(MAX_PROVIDERS)
    .safeParse(parse(json)).data
  if (list === undefined)
    return refuse(
      `must be a JSON list of at most ${MAX_PROVIDERS} objects, each with an id, such as [{"id":"google","clientId":"…","clientSecret":"…"}]`,
    )
  const providers = list.flatMap((entry, n) => {
    const schema = Object.hasOwn(presets, entry.id) ? presets[entry.id as keyof typeof presets] : anyOther // it has it
    const { data, error } = schema.safeParse(entry)
    return data ?? refuse(`has a fault in entry ${n + 1}: ${error === undefined ? '' : faultIn(error)}`)
  })
  const ids = providers.map(({ id }) => id)
  return new Set(ids).size < ids.length ? refuse('names two providers by the same id') : providers
})

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function faultIn({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return 'it cannot be read'
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')} is not a field of this provider`
  return `${issue.path.join('.')} ${issue.message}`
}
