import type { ReactNode } from 'react'
import { inputStyle, borderStyle, Frame, inputProps } from './field.js'

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
      <select {...inputProps(name)} defaultValue={defaultValue} className={`${inputStyle} ${borderStyle.fine}`}>
        {children}
      </select>
    </Frame>
  )
}
