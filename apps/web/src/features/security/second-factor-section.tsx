import { useQuery } from '@tanstack/react-query'
import { toProblem } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Section } from '../../ui/section.js'
import { ListProblem } from '../problems/list-problem.js'
import { proofMethods } from '../proof/proof-methods.js'
import { FactorSteps } from './factor-steps.js'

/** The second factor of the account: turn it on and off, and get new backup codes. */
export function SecondFactorSection() {
  const { t } = useI18n()
  const { data: methods, error, isFetching, refetch } = useQuery(proofMethods)
  return (
    <Section
      id="second-factor"
      title={t('secondFactor.title')}
      state={methods ? t(methods.includes('two-factor') ? 'secondFactor.isOn' : 'secondFactor.isOff') : null}
      means={t('secondFactor.means')}
    >
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
      <div className="flow-root min-h-15">
        {methods && <FactorSteps isOn={methods.includes('two-factor')} hasPassword={methods.includes('password')} />}
      </div>
    </Section>
  )
}
