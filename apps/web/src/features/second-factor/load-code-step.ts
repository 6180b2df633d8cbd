import type { ComponentType } from 'react'
import { AuthFailure } from '../../api/auth.js'
import { loadLaterMessages } from '../../i18n/i18n.js'
import type { CodeStepProps } from './code-step.js'

/** The step and its words. Without an answer it fails like a call to the API. */
export async function loadCodeStep(): Promise<ComponentType<CodeStepProps>> {
  try {
    const [{ CodeStep }] = await Promise.all([import('./code-step.js'), loadLaterMessages()])
    return CodeStep
  } catch (cause) {
    throw new AuthFailure(undefined, undefined, null, undefined, { cause })
  }
}
