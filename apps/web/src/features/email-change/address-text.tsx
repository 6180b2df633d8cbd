import { Fragment } from 'react'

/** An address for a place in a text. It goes to the next line as a whole, or else breaks between its words. */
export const addressText = (address: string) => () => (
  <bdi className="inline-block">
    {address.split(/(?=[.@])/).map((word, n) => (
      <Fragment key={n}>
        {word}
        <wbr />
      </Fragment>
    ))}
  </bdi>
)
