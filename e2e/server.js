import { createPasswords } from '../apps/api/dist/accounts/passwords/passwords.js'
import { run } from '../apps/api/dist/main.js'

// The real thing but for the cost of a password: with it, these tests would mostly compute hashes.
await run({ passwords: createPasswords({ N: 2 ** 10, r: 8, p: 1 }) })
