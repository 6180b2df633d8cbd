/** Characters of a reason or a note, of the command and of the page. */
export const MAX_REASON_LENGTH = 500
