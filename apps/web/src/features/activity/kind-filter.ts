export const kindFilters = ['all', 'sign-ins', 'sign-outs', 'changes', 'refusals'] as const
export type KindFilter = (typeof kindFilters)[number]
