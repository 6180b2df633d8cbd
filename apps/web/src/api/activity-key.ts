/** Begins the key of every list of events. */
export const activityKey = ['activity'] as const
