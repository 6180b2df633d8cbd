import { type ReactNode, useId } from 'react'
import { inputStyle, borderStyle, Frame } from './field.js'

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
  const id = useId()
  return (
    <Frame id={id} label={label}>
      <select id={id} name={name} defaultValue={defaultValue} className={`${inputStyle} ${borderStyle.fine}`}>
        {children}
      </select>
    </Frame>
  )
}
