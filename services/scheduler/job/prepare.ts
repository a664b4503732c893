import { Problem } from "#kernel/problem/problem.ts"
import { type Concurrency, concurrencyOf } from "#language/concurrency.ts"
import { durationMs, durationText } from "#language/duration.ts"
import { isTooLarge, max_payload_bytes, payloadFault } from "#language/payload.ts"
import { defaults, usualRetries } from "#language/plan.ts"
import { type Slot, slotOf } from "#language/slots.ts"
import type { JobSettings } from "../step/rows.ts"
import type { Rate } from "./rate.ts"
import type { CreateJob } from "./shape.ts"

/** A job that was asked for, checked and with everything that was left open filled in. */
export type NewJob = {
  readonly id: string
  readonly workspace_id: string
  readonly key: string | null
  readonly type: string
  readonly payload: unknown
  readonly payload_text: string
  readonly queue: string
  readonly slot: Slot
  readonly priority: number
  readonly max_retries: number
  readonly run_at: string | null
  readonly timeout: string
  readonly queue_timeout_ms: number | null
  readonly settings: string
  readonly traceparent: string | null
  readonly concurrency: Concurrency | null
  readonly rate: Rate | null
}

type Owner = {
  readonly id: string
  readonly workspace_id: string
  readonly header_key: string | undefined
  readonly traceparent: string | undefined
}

const millisecondsOf = (text: string | null | undefined, usual_ms: number): number =>
  typeof text === "string" ? (durationMs(text) ?? usual_ms) : usual_ms

const plain = JSON.stringify({
  timeout_ms: defaults.task_timeout_ms,
  retry: defaults.retry,
  queue_timeout_ms: null,
} satisfies JobSettings)

const isPlain = ({ timeout, queue_timeout, retries, concurrency }: CreateJob, max_retries: number): boolean =>
  !timeout && !queue_timeout && !retries && !concurrency && max_retries === defaults.retry.max_retries

const settingsOf = (wanted: CreateJob, max_retries: number, queue_timeout_ms: number | null): string => {
  if (isPlain(wanted, max_retries)) return plain
  const { retries, timeout } = wanted
  const usual = defaults.retry
  const retry = {
    max_retries,
    initial_ms: millisecondsOf(retries?.initial, usual.initial_ms),
    factor: retries?.factor ?? usual.factor,
    max_ms: millisecondsOf(retries?.max, usual.max_ms),
    jitter: retries?.jitter ?? usual.jitter,
  }
  const timeout_ms = millisecondsOf(timeout, defaults.task_timeout_ms)
  const settings: JobSettings = { timeout_ms, retry, queue_timeout_ms }
  if (!wanted.concurrency) return JSON.stringify(settings)
  const { limit, on_conflict } = concurrencyOf(wanted.concurrency)
  return JSON.stringify({ ...settings, concurrency: { limit, on_conflict } } satisfies JobSettings)
}

const payloadText = (payload: unknown): string => {
  const fault = payloadFault(payload)
  if (fault !== undefined) {
    const errors = [{ path: "payload", message: fault }]
    throw new Problem("request.invalid", { errors, detail: `payload: ${fault}` })
  }
  const text = JSON.stringify(payload ?? null)
  if (isTooLarge(text)) {
    throw new Problem("request.too_large", { detail: `A payload has at most ${max_payload_bytes} bytes.` })
  }
  return text
}

const period_ms = { second: 1_000, minute: 60_000 } as const

const rateOf = ({ key, limit, per }: NonNullable<CreateJob["rate_limit"]>): Rate => ({
  key,
  interval_ms: period_ms[per] / limit,
})

const usual_timeout = durationText(defaults.task_timeout_ms)

export const prepareJob = (wanted: CreateJob, owner: Owner): NewJob => {
  const { type, payload = null, run_at, timeout, queue_timeout } = wanted
  const max_retries = usualRetries(wanted.max_retries)
  const queue_timeout_ms = queue_timeout ? (durationMs(queue_timeout) ?? null) : null
  return {
    id: owner.id,
    workspace_id: owner.workspace_id,
    type,
    payload,
    max_retries,
    queue_timeout_ms,
    key: wanted.idempotency_key ?? owner.header_key ?? null,
    payload_text: payloadText(payload),
    queue: wanted.queue ?? defaults.queue,
    slot: slotOf(type, wanted.labels ?? undefined),
    priority: wanted.priority ?? 0,
    run_at: run_at ? new Date(run_at).toISOString() : null,
    timeout: timeout ? durationText(durationMs(timeout) ?? 0) : usual_timeout,
    settings: settingsOf(wanted, max_retries, queue_timeout_ms),
    traceparent: owner.traceparent ?? null,
    concurrency: wanted.concurrency ? concurrencyOf(wanted.concurrency) : null,
    rate: wanted.rate_limit ? rateOf(wanted.rate_limit) : null,
  }
}
