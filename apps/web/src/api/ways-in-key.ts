/** Begins the keys of all that a changed way in changes. */
export const waysInKey = ['ways-in']
