import { useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'

/** Copies a text. Says so beside itself, also where the browser refuses. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useI18n()
  const [isCopied, setIsCopied] = useState<boolean | null>(null)

  // Without a secure connection there is no clipboard at all.
  const copy = async () =>
    setIsCopied(
      (await navigator.clipboard?.writeText(text).then(
        () => true,
        () => false,
      )) ?? false,
    )

  return (
    <>
      <Button onClick={() => void copy()}>{label}</Button>
      <span role="status" className="self-center text-sm text-muted">
        {isCopied !== null && t(isCopied ? 'secondFactor.copied' : 'secondFactor.notCopied')}
      </span>
    </>
  )
}
