/** The queries of this page, which each change makes anew. */
export const adminKey = ['admin'] as const
