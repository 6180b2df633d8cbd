export { createSessionAdmin, type SessionAdmin, type SessionAdminOptions } from './admin.js'
export { InvalidFilterError, OperationStateError, UnknownOperationError } from './errors.js'
export { type Filter, parseFilter } from './filter.js'
export type { Operation, OperationRequest, OperationState, RunOptions } from './operation.js'
