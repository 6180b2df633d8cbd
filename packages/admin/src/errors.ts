/** The filter is not valid; the message names each field and says what is wrong with it. */
export class InvalidFilterError extends Error {
  override readonly name = 'InvalidFilterError'
}

/** There is no operation with that id. Redis keeps operations for 90 days. */
export class UnknownOperationError extends Error {
  override readonly name = 'UnknownOperationError'

  constructor(readonly id: string) {
    super(`There is no operation ${id}`)
  }
}

/** An operation that is done cannot be resumed, and one that has ended cannot be stopped. */
export class OperationStateError extends Error {
  override readonly name: string = 'OperationStateError'
}

/** Another process has resumed the operation, and runs it now. This one had done a part of it. */
export class OperationTakenOverError extends OperationStateError {
  override readonly name = 'OperationTakenOverError'

  constructor(readonly id: string) {
    super(`Another process has resumed ${id}`)
  }
}
