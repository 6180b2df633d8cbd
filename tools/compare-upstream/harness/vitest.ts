// Takes the place of `vitest` in better-auth's own tests.
import { describe as original, it } from 'vitest'

export * from 'vitest'

type Body = () => unknown

/**
 * better-auth's tests start an instance in the body of `describe`. If ours refuses the options, one test fails, instead of all
 * of the file.
 */
function containFailure(body: Body): Body {
  return async () => {
    try {
      await body()
    } catch (error) {
      it('starts', () => {
        throw error
      })
    }
  }
}

export const describe = new Proxy(original, {
  apply: (target, self, args: unknown[]) =>
    Reflect.apply(
      target,
      self,
      args.map((argument) => (typeof argument === 'function' ? containFailure(argument as Body) : argument)),
    ) as unknown,
})
