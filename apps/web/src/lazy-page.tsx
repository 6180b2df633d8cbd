import type { ComponentType, ReactNode } from 'react'

/** A page whose code comes in a file of its own. */
export interface LazyPage {
  /** Loads the code, if it is not there yet. */
  load(): Promise<void>
  /** Shows nothing before `load` has resolved. */
  readonly component: () => ReactNode
}

export function lazyPage(importPage: () => Promise<ComponentType>): LazyPage {
  let Page: ComponentType | undefined
  return {
    async load() {
      Page ??= await importPage()
    },
    component: () => Page && <Page />,
  }
}
