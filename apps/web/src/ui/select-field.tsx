import type { ReactNode } from 'react'
import { box, edge, Frame, wiring } from './field.js'

interface SelectFieldProps {
  name: string
  label: string
  /** Options. */
  children: ReactNode
}

/** A choice as a field of a form. The first option is chosen at first. */
export function SelectField({ name, label, children }: SelectFieldProps) {
  return (
    <Frame name={name} label={label}>
      <select {...wiring(name)} className={`${box} ${edge.fine}`}>
        {children}
      </select>
    </Frame>
  )
}
