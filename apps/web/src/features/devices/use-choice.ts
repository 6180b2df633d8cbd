import { useState } from 'react'
import { type DeviceGroup, keyOf } from './group.js'

/** Whether a device is among those that are to be signed out together. */
export interface Choice {
  readonly isChosen: boolean
  readonly onChange: (isChosen: boolean) => void
}

/** The devices that a person picks to sign them out together. One that is gone is no longer chosen. */
export function useChoice(others: readonly DeviceGroup[]) {
  /** `undefined`: not begun. `null`: over. */
  const [keys, setKeys] = useState<ReadonlySet<string> | null>()
  return {
    isOpen: Boolean(keys),
    isOver: keys === null,
    chosen: others.filter((group) => keys?.has(keyOf(group))),
    open: () => setKeys(new Set()),
    close: () => setKeys(null),
    choose: (groups: readonly DeviceGroup[]) => setKeys(new Set([...(keys ?? []), ...groups.map(keyOf)])),
    of(group: DeviceGroup): Choice {
      const key = keyOf(group)
      return {
        isChosen: keys?.has(key) ?? false,
        onChange: (isChosen) => {
          const next = new Set(keys)
          if (isChosen) next.add(key)
          else next.delete(key)
          setKeys(next)
        },
      }
    },
  }
}
