import { createDevicesRouter, type DevicesRouterOptions } from '@rollcall/trpc'
import type { LiveViews } from '../administration/live-views.js'
import { createAdminRouter } from './admin/router.js'
import { createAccountRouter } from './account.js'
import { activityRouter } from './activity.js'
import { deviceNamesRouter } from './device-names.js'
import { createEmailChangeRouter } from './email-change.js'
import { passkeysRouter } from './passkeys.js'
import { providersRouter } from './providers.js'
import { sessionRouter } from './session.js'
import { createSignInsRouter } from './sign-ins.js'
import { mergeRouters, revocationProcedure, router, userProcedure } from './procedures.js'

export type RouterDependencies = Required<Pick<DevicesRouterOptions, 'store' | 'streams' | 'isRecent'>> & {
  readonly liveViews: LiveViews
}

export function createAppRouter(dependencies: RouterDependencies) {
  const devices = createDevicesRouter({ ...dependencies, procedure: userProcedure, revocation: revocationProcedure })
  return router({
    account: createAccountRouter(dependencies),
    activity: activityRouter,
    admin: createAdminRouter(dependencies),
    devices: mergeRouters(devices, deviceNamesRouter, createSignInsRouter(dependencies.store)),
    emailChange: createEmailChangeRouter(dependencies),
    passkeys: passkeysRouter,
    providers: providersRouter,
    session: sessionRouter,
  })
}

export type AppRouter = ReturnType<typeof createAppRouter>
