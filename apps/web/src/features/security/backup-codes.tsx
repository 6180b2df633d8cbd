import { useEffect, useRef } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { saveFile } from '../../ui/save-file.js'
import { CopyButton } from './copy-button.js'

/** Shown once: only the API keeps them from here on, and encrypted. */
export function BackupCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const { t } = useI18n()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const text = `${codes.join('\n')}\n`
  return (
    <div className="mt-4 grid gap-4 rounded-lg border border-line p-3 motion-safe:animate-arrive sm:p-4">
      <div>
        <h3 ref={heading} tabIndex={-1} id="backup-codes" className="font-semibold">
          {t('secondFactor.codesTitle')}
        </h3>
        <p className="mt-1 text-[0.9375rem] text-pretty text-muted">{t('secondFactor.codesMeans')}</p>
      </div>
      <ul aria-labelledby="backup-codes" className="grid grid-cols-2 gap-x-4 gap-y-2 font-mono wrap-anywhere">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <CopyButton text={text} label={t('secondFactor.codesCopy')} />
        <Button onClick={() => saveFile('rollcall-backup-codes.txt', 'text/plain', text)}>
          {t('secondFactor.codesDownload')}
        </Button>
      </div>
      <Button look="primary" className="justify-self-start" onClick={onDone}>
        {t('secondFactor.codesDone')}
      </Button>
    </div>
  )
}
