import { context, propagation, trace } from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import { W3CTraceContextPropagator } from "@opentelemetry/core"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace"

/** Sends spans to an OTLP collector. Answers what flushes and ends it. */
export const exportSpans = (otlp_url: string, service: string): (() => Promise<void>) => {
  const exporter = new OTLPTraceExporter({ url: `${otlp_url.replace(/\/$/, "")}/v1/traces` })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": `wf-${service}` }),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: 4_096, scheduledDelayMillis: 1_000 })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return () => provider.shutdown()
}
