import { activityRouter } from './routers/activity.js'
import { devicesRouter } from './routers/devices.js'
import { sessionRouter } from './routers/session.js'
import { router } from './trpc.js'

export const appRouter = router({ activity: activityRouter, devices: devicesRouter, session: sessionRouter })

export type AppRouter = typeof appRouter
