import type { ReactNode } from 'react'
import { box, edge, Frame, wiring } from './field.js'

interface SelectFieldProps {
  name: string
  label: string
  /** Default: the first option. */
  defaultValue?: string | undefined
  /** Options. */
  children: ReactNode
}

/** A choice as a field of a form. */
export function SelectField({ name, label, defaultValue, children }: SelectFieldProps) {
  return (
    <Frame name={name} label={label}>
      <select {...wiring(name)} defaultValue={defaultValue} className={`${box} ${edge.fine}`}>
        {children}
      </select>
    </Frame>
  )
}
