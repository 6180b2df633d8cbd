import { Link } from '@tanstack/react-router'

interface TextLinkProps {
  to: '/' | '/sign-in' | '/sign-up' | '/forgot-password'
  children: string
}

export function TextLink({ to, children }: TextLinkProps) {
  return (
    <Link
      to={to}
      className="inline-flex min-h-11 items-center rounded text-[0.9375rem] font-medium text-accent underline decoration-1 underline-offset-4 hover:text-accent-strong"
    >
      {children}
    </Link>
  )
}
