import { type ReactNode, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { alone, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { saveFile } from '../../ui/save-file.js'
import { useGuarded } from '../../ui/use-guarded.js'
import { useSession } from '../session/session.js'

export function DownloadData() {
  const { t } = useI18n()
  const api = useApi()
  const session = useSession()
  const [outcome, setOutcome] = useState<{ look: 'good' | 'bad'; message: ReactNode } | null>(null)

  const { run, busy } = useGuarded(async () => {
    setOutcome(null)
    try {
      const data = await api.account.data.query(undefined, alone)
      saveFile('rollcall-account.json', 'application/json', `${JSON.stringify(data, null, 2)}\n`)
      setOutcome({
        look: 'good',
        message: words((t) => t(data.isComplete ? 'accountPage.dataDone' : 'accountPage.dataNewest')),
      })
    } catch (error) {
      session.handleError(error)
      const failed = words((t) => t('accountPage.dataFailed'))
      setOutcome({ look: 'bad', message: describeProblem(toProblem(error), failed) })
    }
  })

  return (
    <div className="mt-4 grid justify-items-start gap-4">
      <Button busy={busy} onClick={() => void run()}>
        {busy ? t('accountPage.dataBusy') : t('accountPage.dataSubmit')}
      </Button>
      {outcome && (
        <Message look={outcome.look} className="w-full">
          {outcome.message}
        </Message>
      )}
    </div>
  )
}
