import { removeWayIn } from '../ways-in.js'

/** @param providers ids of those that people can sign in with; an account of another one may always go. */
export const unlink = (providers: ReadonlySet<string>) =>
  removeWayIn<'/provider/unlink', { readonly providerId: string }>({
    path: '/provider/unlink',
    model: 'account',
    name: 'Account',
    isOne: ({ providerId }) => providerId !== 'credential',
    signsIn: ({ providerId }) => providers.has(providerId),
    providers,
  })
