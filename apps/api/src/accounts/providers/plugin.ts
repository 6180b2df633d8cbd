import {
  type Audit,
  type AuditEventName,
  auditEvent,
  chooseOtherSessions,
  proveAgain,
  rejectWithoutTime,
} from '@rollcall/auth'
import type { Clock, SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import type { BetterAuthPlugin } from 'better-auth'
import {
  APIError,
  createAuthEndpoint,
  createAuthMiddleware,
  getSessionFromCtx,
  sensitiveSessionMiddleware,
} from 'better-auth/api'
import { z } from 'zod'
import { guardAdditions } from '../guarded-additions.js'
import { languageInput } from '../people/language.js'
import { returnPath } from '../return-path.js'
import { timeZoneInput } from '../people/time-zone.js'
import { link, type ProvidedPerson, requireFirstOfProvider, requireOwn, signIn } from './accounts.js'
import { gitHub } from './github.js'
import { openIdProvider } from './oidc.js'
import type { Provider } from './provider.js'
import { ask, type Purpose, type Question, takeQuestion } from './question.js'
import { refusal } from './refusals.js'
import type { ProviderSettings } from '../../settings/providers.js'
import { unlink } from './unlink.js'

interface Options {
  readonly providers: readonly ProviderSettings[]
  /** The origin of the page. */
  readonly baseUrl: string
  readonly store: SessionStore
  readonly audit: Audit
}

const startBody = z.object({
  provider: z.string().max(64),
  returnTo: returnPath.default('/'),
  revokeOtherSessions: z.boolean().default(false),
  /** For a sign-in. */
  rememberMe: z.boolean().default(true),
  /** For the mails to an account that a sign-in makes: its language, and the zone of its times. */
  language: languageInput.default('en'),
  timeZone: timeZoneInput,
})

/** The parameters that a provider leads the browser back with. */
const answerBody = z.object({
  state: z.string().max(200),
  code: z.string().max(4_096).optional(),
  iss: z.string().max(500).optional(),
  error: z.string().max(200).optional(),
})

/**
 * Signs in, links and proves by a provider. The browser is led to the provider and comes back to the page `/provider/…`, which
 * sends the answer here by a POST. So an outage is a 503 that the page explains, and can be repeated. ADR 66 gives the reasons.
 */
export function providerPlugin(options: Options) {
  const { start, receive } = providerFlows(options)
  const startAt = (purpose: Purpose) => async (ctx: GenericEndpointContext) =>
    ctx.json({ url: await start(ctx, purpose, startBody.parse(ctx.body)) })
  return {
    id: 'providers',
    init: ({ adapter }) => ({ context: { adapter: guardAdditions(adapter, 'account', requireFirstOfProvider) } }),
    endpoints: {
      listProviders: createAuthEndpoint('/provider/list', { method: 'GET' }, async (ctx) =>
        ctx.json({ providers: options.providers.map(({ id, name }) => ({ id, name })) }),
      ),

      signInWithProvider: createAuthEndpoint(
        '/provider/sign-in',
        { method: 'POST', body: startBody, use: [optionalSession] },
        startAt('sign-in'),
      ),

      linkProvider: createAuthEndpoint(
        '/provider/link',
        { method: 'POST', body: startBody, use: [sensitiveSessionMiddleware] },
        startAt('link'),
      ),

      proveByProvider: createAuthEndpoint(
        '/provider/prove',
        { method: 'POST', body: startBody, use: [sensitiveSessionMiddleware] },
        startAt('prove'),
      ),

      answerOfProvider: createAuthEndpoint(
        '/oauth2/callback/:providerId',
        { method: 'POST', body: answerBody, use: [optionalSession] },
        async (ctx) => ctx.json(await receive(ctx, ctx.params.providerId, ctx.body)),
      ),

      unlinkProvider: unlink(new Set(options.providers.map(({ id }) => id))),
    },
  } satisfies BetterAuthPlugin
}

/** Finds a provider by its id, or refuses. */
function findIn(all: readonly ProviderSettings[], clock: Clock): (id: string) => Provider {
  const toProvider = (settings: ProviderSettings): Provider =>
    settings.protocol === 'github' ? gitHub(settings) : openIdProvider(settings, clock)
  const providers = new Map(all.map((settings) => [settings.id, toProvider(settings)]))
  return (id) => {
    const provider = providers.get(id)
    if (provider === undefined) throw refusal('PROVIDER_NOT_FOUND')
    return provider
  }
}

function providerFlows(options: Options) {
  const { clock } = options.store
  const find = findIn(options.providers, clock)
  const redirectUriOf = (id: string): URL => new URL(`/provider/${id}`, options.baseUrl)

  async function start(
    ctx: GenericEndpointContext,
    purpose: Purpose,
    body: z.infer<typeof startBody>,
  ): Promise<string> {
    const { provider: providerId, ...rest } = body
    const provider = find(providerId)
    const sessionId = ctx.context.session?.session.id ?? null
    // In a browser that is signed in, signing in again renews its session: a proof.
    const isProof = purpose === 'prove' || (purpose === 'sign-in' && sessionId !== null)
    if (isProof && !provider.canProve) throw refusal('PROVIDER_PROOF_REFUSED')
    const checks = await ask(ctx, { ...rest, providerId, purpose, sessionId, isProof }, clock())
    return (await provider.authorizationUrl({ ...checks, redirectUri: redirectUriOf(providerId).href })).href
  }

  async function receive(ctx: GenericEndpointContext, providerId: string, answer: z.infer<typeof answerBody>) {
    find(providerId) // an unknown one uses up no question
    const question = await takeQuestion(ctx, answer.state, clock())
    try {
      await redeem(ctx, providerId, question, answer)
    } catch (error) {
      await auditFailure(options.audit, ctx, question, error)
      throw error
    }
    return { purpose: question.purpose, returnTo: question.returnTo }
  }

  async function redeem(
    ctx: GenericEndpointContext,
    providerId: string,
    question: Question,
    answer: z.infer<typeof answerBody>,
  ): Promise<void> {
    const session = ctx.context.session?.session ?? null
    // An answer for a session that was revoked or replaced meanwhile, or from another provider, changes nothing.
    if (question.providerId !== providerId || question.sessionId !== (session?.id ?? null))
      throw refusal('PROVIDER_ANSWER_INVALID')
    const callback = redirectUriOf(providerId)
    for (const [name, value] of Object.entries(answer)) if (value) callback.searchParams.set(name, value)
    const provedSince = question.isProof ? question.askedAt : null
    await rejectWithoutTime() // the provider accepts its code once
    const person = await find(providerId).redeem(callback, { ...question, state: answer.state, provedSince })
    await act(ctx, question, { ...person, providerId })
  }

  async function act(ctx: GenericEndpointContext, question: Question, person: ProvidedPerson): Promise<void> {
    const session = ctx.context.session?.session
    if (question.purpose === 'sign-in' || !session) return signIn(ctx, person, question)
    if (question.purpose === 'link') {
      await chooseOtherSessions(question.revokeOtherSessions)
      return link(ctx, session.userId, person)
    }
    await requireOwn(ctx, session.userId, person)
    return proveAgain(options.store, options.audit, session)
  }

  return { start, receive }
}

const events: Readonly<Record<Purpose, AuditEventName>> = {
  'sign-in': 'sign-in',
  link: 'account-linked',
  prove: 'reauthentication',
}

/** A success is audited where it happens. */
async function auditFailure(
  audit: Audit,
  { context }: GenericEndpointContext,
  { purpose, sessionId }: Question,
  error: unknown,
): Promise<void> {
  const session = context.session?.session
  const isAsker = purpose !== 'sign-in' && session?.id === sessionId
  const isRefused = error instanceof APIError && error.statusCode < 500
  await auditEvent(audit, {
    event: events[purpose],
    result: isRefused ? 'refused' : 'unavailable',
    ...(isAsker && session && { userId: session.userId, sessionId: session.id }),
  })
}

const optionalSession = createAuthMiddleware(async (ctx) => ({ session: await getSessionFromCtx(ctx) }))
