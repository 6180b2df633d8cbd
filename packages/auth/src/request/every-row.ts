/**
 * The limit of a query that must miss no row: without one, better-auth returns 100 at most. A missed row would keep its session,
 * or its way in. 32 bits, because not every database takes a greater number.
 */
export const EVERY_ROW = 2 ** 31 - 1
