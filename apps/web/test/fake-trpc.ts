import { initTRPC } from '@trpc/server'

export const t = initTRPC.context<{ expected: string | null }>().create({
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, reason: ['CONFLICT', 'FORBIDDEN'].includes(error.code) ? error.message : null },
  }),
})
