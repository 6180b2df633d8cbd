/** Something that the server needs is missing or wrong; the message is all that a person needs to mend it. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
