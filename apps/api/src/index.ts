export type { MailedSignIn } from './http/link-route.js'
export type { AppRouter } from './trpc/router.js'
