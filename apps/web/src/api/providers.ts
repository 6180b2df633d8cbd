import { callAuth } from './auth.js'

/** A provider that people can sign in with. */
export interface NamedProvider {
  readonly id: string
  readonly name: string
}

export async function listProviders(): Promise<readonly NamedProvider[]> {
  const answer = (await callAuth('/provider/list')) as { providers?: NamedProvider[] } | null // of our own endpoint
  return answer?.providers ?? []
}
