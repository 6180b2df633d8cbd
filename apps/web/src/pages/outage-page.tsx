import { trpc } from '../trpc.js'
import { Button } from '../ui/button.js'
import { Message } from '../ui/message.js'
import { PageHeading } from '../ui/page-heading.js'
import { describe, toProblem } from '../words/problem.js'

/** In place of an account page, while not even the account can be read. */
export function OutagePage({ error, retrying }: { error: unknown; retrying: boolean }) {
  const utils = trpc.useUtils()
  return (
    <>
      <PageHeading title="Your account cannot be shown" />
      <Message look="bad" className="mt-6">
        <p className="font-semibold">{describe(toProblem(error))}</p>
        <p>You have not been signed out.</p>
      </Message>
      <Button look="primary" busy={retrying} onClick={() => void utils.invalidate()} className="mt-6">
        Try again
      </Button>
    </>
  )
}
