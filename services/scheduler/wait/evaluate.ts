import { durationMs } from "#language/duration.ts"
import {
  asText,
  type ExpressionContext,
  ExpressionError,
  evaluate,
  interpolate,
} from "#language/expressions.ts"
import { limits } from "#language/limits.ts"
import type { PlanTask } from "#language/plan.ts"
import type { Wait } from "#language/wait.ts"
import type { Waited, Waiting } from "./waits.ts"

type Begun = Pick<Waiting, "waited" | "timers">

/** Workflow's and task's `env` may have expressions of their own. */
export const withEnv = (
  context: ExpressionContext,
  own: PlanTask["env"],
): ExpressionContext & { readonly env: Readonly<Record<string, string>> } => {
  const shared = texts(interpolate(context.env ?? {}, { ...context, env: {} }))
  return { ...context, env: { ...shared, ...texts(interpolate(own, { ...context, env: shared })) } }
}

const texts = (values: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(values as object).map(([name, value]) => [name, asText(value)]))

/** Throws an ExpressionError where it can't be told. */
export const isWanted = (condition: string, context: ExpressionContext): boolean => {
  const value = evaluate(condition, context)
  if (typeof value === "boolean") return value
  throw new ExpressionError(`it yields ${JSON.stringify(value).slice(0, 100)}, and not true or false`)
}

/** What a task begins to wait for, and its timers. Throws an ExpressionError. */
export const beginWait = (wait: Exclude<Wait, { for: "workflow" }>, context: ExpressionContext): Begun => {
  if (wait.for === "sleep") return beginSleep(wait, context)
  const until = wait.timeout_ms === null ? null : laterThan(context, wait.timeout_ms)
  const timeout =
    wait.timeout_ms === null ? [] : [{ kind: "wait_timeout" as const, after_ms: wait.timeout_ms }]
  if (wait.for === "signal") return { waited: { for: "signal", name: wait.name, until }, timers: timeout }
  const { roles, approvals, remind_before_ms } = wait
  const people = peopleOf(interpolate(wait.people, context))
  if (people.length > limits.max_approvers) {
    throw new ExpressionError(
      `\`people\` are ${people.length}; there are at most ${limits.max_approvers} who decide`,
    )
  }
  if (roles.length === 0 && people.length < approvals) {
    throw new ExpressionError(`\`people\` are ${people.length}, fewer than the ${approvals} who must agree`)
  }
  const message = asText(interpolate(wait.message, context)).slice(0, limits.max_text_chars)
  const waited: Waited = { for: "approval", roles, people, approvals, message, until, decisions: [] }
  if (remind_before_ms === null || wait.timeout_ms === null) return { waited, timers: timeout }
  const remind = { kind: "remind" as const, after_ms: Math.max(wait.timeout_ms - remind_before_ms, 0) }
  return { waited, timers: [...timeout, remind] }
}

const beginSleep = (wait: Extract<Wait, { for: "sleep" }>, context: ExpressionContext): Begun => {
  if ("until" in wait) {
    const text = asText(interpolate(wait.until, context))
    const time_ms = Date.parse(text)
    if (Number.isNaN(time_ms)) {
      throw new ExpressionError(`\`until\` is ${shown(text)}, which is no time like 2026-01-31T09:00:00Z`)
    }
    const at = new Date(time_ms).toISOString()
    return { waited: { for: "sleep", until: at }, timers: [{ kind: "wake", at }] }
  }
  const duration_ms = "duration_ms" in wait ? wait.duration_ms : readDuration(wait.duration, context)
  const until = laterThan(context, duration_ms)
  return { waited: { for: "sleep", until }, timers: [{ kind: "wake", after_ms: duration_ms }] }
}

const readDuration = (duration: string, context: ExpressionContext): number => {
  const text = asText(interpolate(duration, context))
  const duration_ms = durationMs(text)
  if (duration_ms === undefined) {
    throw new ExpressionError(`\`duration\` is ${shown(text)}, which is no duration like 10m or 1h30m`)
  }
  if (duration_ms > limits.max_duration_ms) {
    throw new ExpressionError(`\`duration\` is ${shown(text)}; it is at most 30d`)
  }
  return duration_ms
}

/** One expression may yield several. Addresses are compared without regard to case. */
const peopleOf = (given: unknown): readonly string[] => {
  const all = Array.isArray(given) ? given.flat(1) : [given]
  const named = all.map((one) => asText(one).trim().toLowerCase()).filter((one) => one !== "")
  return [...new Set(named)].sort()
}

const shown = (text: string): string => (text === "" ? "empty" : `\`${text.slice(0, 100)}\``)

const laterThan = ({ now = "" }: ExpressionContext, wait_ms: number): string =>
  new Date(Date.parse(now) + wait_ms).toISOString()
