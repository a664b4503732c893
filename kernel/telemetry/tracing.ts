import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  ProxyTracerProvider,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from "@opentelemetry/api"

type Attributes = Readonly<Record<string, string | number | boolean>>

export type SpanOptions = {
  readonly name: string
  readonly kind?: "server" | "client" | "producer" | "consumer" | "internal"
  readonly attributes?: Attributes
  /** The W3C header of the caller, where the work came from outside. */
  readonly traceparent?: string | undefined
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const

/** Undefined while no exporter is set up: then nobody sees spans, nor goes on with theirs. */
const tracer = (): Tracer | undefined => {
  const provider = trace.getTracerProvider()
  return provider instanceof ProxyTracerProvider ? provider.getDelegateTracer("wf") : provider.getTracer("wf")
}

const no_span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

type Carrier = { traceparent?: string }

const getter: TextMapGetter<Carrier> = {
  get: (carrier, key) => (key === "traceparent" ? carrier.traceparent : undefined),
  keys: () => ["traceparent"],
}

const parentOf = (traceparent: string | undefined): Context =>
  traceparent === undefined
    ? context.active()
    : propagation.extract(context.active(), { traceparent }, getter)

/** Runs the work in a span; a throw marks it failed. Costs nothing while no exporter is set up. */
export const inSpan = <Result>(
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
): Promise<Result> => {
  const own = tracer()
  return own === undefined ? work(no_span) : inSpanOf(own, options, work)
}

const inSpanOf = async <Result>(
  own: Tracer,
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
): Promise<Result> => {
  const parent = parentOf(options.traceparent)
  const span = own.startSpan(
    options.name,
    { kind: kinds[options.kind ?? "internal"], attributes: { ...options.attributes } },
    parent,
  )
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span))
  } catch (error) {
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: error instanceof Error ? error.message : String(error),
    })
    throw error
  } finally {
    span.end()
  }
}

/** The active span as a W3C header, to be carried along a call or an event. */
export const activeTraceparent = (): string | undefined => {
  const span = trace.getActiveSpan()?.spanContext()
  if (!span || !trace.isSpanContextValid(span)) return undefined
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, "0")}`
}
