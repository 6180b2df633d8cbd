import { Link, type LinkProps } from '@tanstack/react-router'

interface TextLinkProps extends Pick<LinkProps, 'state'> {
  to: '/' | '/account' | '/activity' | '/security' | '/sign-in' | '/sign-up' | '/forgot-password'
  children: string
}

export function TextLink(props: TextLinkProps) {
  return (
    <Link
      {...props}
      className="inline-flex min-h-11 items-center rounded text-[0.9375rem] font-medium text-accent underline decoration-1 underline-offset-4 hover:text-accent-strong"
    />
  )
}
