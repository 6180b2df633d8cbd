import { z } from 'zod'
import { removeWayIn } from '../ways-in.js'

/**
 * `POST /password/remove`: from then on, the account signs in without a password. A reset by mail chooses another one.
 *
 * @param providers ids of those that people can sign in with
 */
export const removePassword = (providers: ReadonlySet<string>) =>
  removeWayIn<'/password/remove', { readonly password?: string | null }>({
    path: '/password/remove',
    model: 'account',
    name: 'Password',
    condition: z.unknown().transform(() => ({ field: 'providerId', value: 'credential' })),
    isOne: ({ password }) => Boolean(password),
    signsIn: () => true,
    providers,
  })
