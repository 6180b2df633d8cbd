import type { ComponentProps } from 'react'

interface CheckBoxProps extends Pick<ComponentProps<'input'>, 'name' | 'checked' | 'defaultChecked'> {
  label: string
  onChange?: (checked: boolean) => void
}

export function CheckBox({ label, onChange, ...input }: CheckBoxProps) {
  return (
    <label className="inline-flex min-h-11 cursor-pointer items-center gap-2.5 text-[0.9375rem]">
      <input
        {...input}
        type="checkbox"
        onChange={onChange && ((event) => onChange(event.currentTarget.checked))}
        className="size-5 shrink-0 accent-accent"
      />
      {label}
    </label>
  )
}
