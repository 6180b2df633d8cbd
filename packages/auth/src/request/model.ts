import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'

/** The calls of better-auth for the rows of one of its models. */
export type Model = Pick<
  DBTransactionAdapter,
  | 'create'
  | 'findOne'
  | 'findMany'
  | 'count'
  | 'update'
  | 'updateMany'
  | 'delete'
  | 'deleteMany'
  | 'consumeOne'
  | 'incrementOne'
>
