import {
  type Attributes,
  context,
  createContextKey,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'

const probe = createContextKey('rollcall.probe')

/**
 * The tracer of the SDK that this process has loaded before the server. `undefined` without one: then nothing is wrapped, and
 * nothing costs anything.
 */
export function installedTracer(): Tracer | undefined {
  // An SDK brings a context manager. Without one, values do not arrive here, and no span would have a parent.
  const isInstalled = context.with(ROOT_CONTEXT.setValue(probe, true), () => context.active().getValue(probe) === true)
  return isInstalled ? trace.getTracer('rollcall') : undefined
}

/**
 * Whether a request is being traced and has not been answered yet. Work after the answer has no spans: a stream of an open page
 * would make a trace of hours.
 */
export function isTracing(): boolean {
  return trace.getActiveSpan()?.isRecording() ?? false
}

/** Does work in a span below the active one. A failure leaves its class on the span, and never its message. */
export async function inSpan<T>(
  tracer: Tracer,
  name: string,
  attributes: Attributes,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (!isTracing()) return work(undefined)
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      fail(span, error instanceof Error ? error.name : 'unknown')
      throw error
    } finally {
      span.end()
    }
  })
}

/** @param type one of few: the class of an error, or a status. */
export function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
