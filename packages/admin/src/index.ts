export { createSessionAdmin, type SessionAdmin, type SessionAdminOptions } from './admin.js'
export { InvalidFilterError, OperationStateError, OperationTakenOverError, UnknownOperationError } from './errors.js'
export { type Filter, type ListedUsers, type OperationFilter, parseFilter } from './filter.js'
export { newOperationId } from './operation-log.js'
export type {
  Operation,
  OperationRequest,
  OperationState,
  OperationUsers,
  ResumeOptions,
  RunOptions,
  UserStep,
  UserWork,
} from './operation.js'
export { countFits, type Preview, type PreviewOptions } from './preview.js'
