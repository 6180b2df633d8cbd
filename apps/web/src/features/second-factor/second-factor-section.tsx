import { useQuery } from '@tanstack/react-query'
import { toProblem } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { ListProblem } from '../account/list-problem.js'
import { proofMethods } from '../account/proof-methods.js'
import { FactorSteps } from './factor-steps.js'

/** The second factor of the account: turn it on and off, and get new backup codes. */
export function SecondFactorSection() {
  const { t } = useI18n()
  const { data: methods, error, isFetching, refetch } = useQuery(proofMethods)
  return (
    <section
      aria-labelledby="second-factor"
      className="mt-6 max-w-xl rounded-2xl border border-line bg-surface p-4 shadow-card sm:p-6"
    >
      <h2 id="second-factor" className="text-lg font-semibold">
        {t('secondFactor.title')}
      </h2>
      <p className="mt-1 text-[0.9375rem] text-pretty text-muted">{t('secondFactor.means')}</p>
      {error && (
        <div className="mt-4">
          <ListProblem
            problem={toProblem(error)}
            notLoaded={methods ? null : t('secondFactor.notLoaded')}
            busy={isFetching}
            onRetry={() => void refetch()}
          />
        </div>
      )}
      {/* As high as it will be once the answer is there: what follows must not move. */}
      <div className="min-h-26">
        {methods && <FactorSteps isOn={methods.includes('two-factor')} hasPassword={methods.includes('password')} />}
      </div>
    </section>
  )
}
