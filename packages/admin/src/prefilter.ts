import type { Prefilter } from '@rollcall/session-store'
import { octetOf } from './address-range.js'
import type { OperationFilter } from './filter.js'

/** The conditions of a filter that Redis can check. */
export function prefilterOf(filter: OperationFilter): Prefilter {
  const { address, signedInAfter, signedInBefore, lastSeenAfter, lastSeenBefore, ...others } = filter
  const userAgentText = filter.userAgent?.toLowerCase()
  const hasTimes = [signedInAfter, signedInBefore, lastSeenAfter, lastSeenBefore].some((time) => time !== undefined)
  return {
    isWhole: Object.values(others).every((condition) => condition === undefined),
    ...(address !== undefined && { address: octetOf(address) }),
    ...(userAgentText !== undefined && isAscii(userAgentText) && { userAgentText }),
    ...(hasTimes && {
      times: {
        createdFrom: timeOf(signedInAfter, 0),
        createdBefore: timeOf(signedInBefore, Number.MAX_SAFE_INTEGER),
        seenFrom: timeOf(lastSeenAfter, 0),
        seenBefore: timeOf(lastSeenBefore, Number.MAX_SAFE_INTEGER),
      },
    }),
  }
}

const timeOf = (date: Date | undefined, otherwise: number): number => date?.getTime() ?? otherwise

const isAscii = (text: string): boolean => /^[ -~]+$/.test(text)
