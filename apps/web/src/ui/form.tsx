import { type ReactNode, type RefObject, type SubmitEvent, useEffect, useRef, useState } from 'react'
import { Message } from './message.js'
import { useGuarded } from './use-guarded.js'

/** Field name to what is wrong with it. */
export type FieldErrors = Record<string, ReactNode>

export interface Refusal {
  fields?: FieldErrors
  /** A problem of the whole form, not of one field. */
  summary?: ReactNode
}

interface FormOptions {
  /** Problems found before asking the server. */
  check: (data: FormData, form: HTMLFormElement) => FieldErrors
  submit: (data: FormData) => Promise<void>
  explain: (error: unknown) => Refusal
}

export function useForm({ check, submit, explain }: FormOptions) {
  const [refusal, setRefusal] = useState<Refusal>({})
  const summary = useRef<HTMLDivElement>(null)
  const element = useRef<HTMLFormElement>(null)

  // Each refusal is a new object, so that the same mistake made twice moves the focus twice.
  useEffect(() => {
    const only = onlyMistake(refusal)
    if (only) focusField(element.current, only[0])
    else summary.current?.focus()
  }, [refusal])

  const { run, busy } = useGuarded(async (form: HTMLFormElement) => {
    element.current = form
    const data = new FormData(form)
    const fields = check(data, form)
    if (Object.keys(fields).length > 0) {
      setRefusal({ fields })
      return
    }
    // A corrected field is not red while the server checks it.
    setRefusal({})
    try {
      await submit(data)
    } catch (error) {
      setRefusal(explain(error))
    }
  })

  return {
    busy,
    errors: refusal.fields ?? {},
    /** Submits once more what the form holds, for what a proof was needed for. This form explains what is wrong. */
    resubmit: async () => {
      if (element.current) await run(element.current)
    },
    summary: <ErrorSummary ref={summary} refusal={refusal} />,
    form: {
      noValidate: true,
      onSubmit: (event: SubmitEvent<HTMLFormElement>) => {
        event.preventDefault()
        void run(event.currentTarget)
      },
    },
  }
}

/** By its name, which is unique within its form alone. */
function focusField(form: HTMLFormElement | null, name: string): void {
  const field = form?.elements.namedItem(name)
  if (field instanceof HTMLElement) field.focus()
}

/** The name of the one wrong field and what is wrong with it, if nothing else is wrong. */
function onlyMistake({ fields, summary }: Refusal): [string, ReactNode] | null {
  const [first, ...others] = Object.entries(fields ?? {})
  return first && others.length === 0 && !summary ? first : null
}

function ErrorSummary({ refusal, ref }: { refusal: Refusal; ref: RefObject<HTMLDivElement | null> }) {
  const fields = Object.entries(refusal.fields ?? {})
  if (fields.length === 0 && !refusal.summary) return null
  // Its field shows it. A screen reader must say it too where the focus has been in that field all the time.
  const only = onlyMistake(refusal)
  if (only) {
    return (
      <div role="alert" className="sr-only">
        {only[1]}
      </div>
    )
  }
  return (
    <div ref={ref} tabIndex={-1}>
      <Message look="bad">
        {refusal.summary}
        {fields.length > 0 && (
          <ul>
            {fields.map(([name, message]) => (
              <li key={name}>
                <a
                  href={`#${name}`}
                  onClick={(event) => {
                    event.preventDefault()
                    focusField(event.currentTarget.closest('form'), name)
                  }}
                  className="inline-block py-0.5 font-medium underline underline-offset-2"
                >
                  {message}
                </a>
              </li>
            ))}
          </ul>
        )}
      </Message>
    </div>
  )
}

/** A form field as text; FormData could hold a file as well. */
export function text(data: FormData, name: string): string {
  const value = data.get(name)
  return typeof value === 'string' ? value : ''
}
