import { callAuth } from '../../api/auth.js'
import { waysInKey } from '../../api/ways-in-key.js'

/** A way to prove who the person is. The API names more of them; these are the ones that the page offers. */
const known = ['password', 'passkey', 'two-factor', 'email-code'] as const
export type ProofMethod = (typeof known)[number]

/** For `useQuery`: how the person of this session can prove who they are. */
export const proofMethods = {
  queryKey: [...waysInKey, 'proofs'],
  queryFn: async (): Promise<ProofMethod[]> => {
    const said = JSON.stringify(await callAuth('/reauthenticate/methods'))
    if (!said.includes('"methods":[')) throw new Error('no methods') // something between the page and the API can answer with anything
    return known.filter((kind) => said.includes(`"kind":"${kind}"`))
  },
}
