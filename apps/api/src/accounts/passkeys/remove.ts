import { removeWayIn } from '../ways-in.js'

/**
 * It takes the place of better-auth's `/passkey/delete-passkey`. That one removes the last way in too. It also distinguishes a foreign
 * id from an unknown one.
 *
 * @param providers ids of those that people can sign in with
 */
export const removePasskey = (providers: ReadonlySet<string>) =>
  removeWayIn({
    path: '/passkey/remove',
    model: 'passkey',
    name: 'Passkey',
    isOne: () => true,
    signsIn: () => true,
    providers,
  })
