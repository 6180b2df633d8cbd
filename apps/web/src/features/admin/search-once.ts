/** For `useQuery`: a search runs when it is asked for, not when the window gets the focus, and leaves nothing for another visit. */
export const searchOnce = { staleTime: Infinity, gcTime: 0 } as const
