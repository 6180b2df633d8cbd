import { run } from '@rollcall/api/main'

// The real thing but for the cost of a password: with it, these tests would mostly compute hashes.
await run({ passwordCost: { N: 2 ** 10, r: 8, p: 1 } })
