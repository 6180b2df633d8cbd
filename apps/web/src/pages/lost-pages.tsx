import { PublicLayoutFrame } from '../layouts/public-layout.js'
import { Button } from '../ui/button.js'
import { PageHeading } from '../ui/page-heading.js'
import { TextLink } from '../ui/text-link.js'

export function NotFoundPage() {
  return (
    <PublicLayoutFrame>
      <PageHeading title="Page not found">There is nothing at this address.</PageHeading>
      <p className="mt-6">
        <TextLink to="/">Go to your devices</TextLink>
      </p>
    </PublicLayoutFrame>
  )
}

export function CrashPage() {
  return (
    <PublicLayoutFrame>
      <PageHeading title="Something went wrong">This page could not be shown. Loading it again may help.</PageHeading>
      <Button look="primary" onClick={() => window.location.reload()} className="mt-6">
        Load again
      </Button>
    </PublicLayoutFrame>
  )
}
