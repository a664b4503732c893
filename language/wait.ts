import { durationMs } from "./duration.ts"
import type { Fragment } from "./fragment.ts"
import type { Task } from "./schema.ts"
import { waitTypes } from "./tasks/wait.ts"

/** What the engine waits for, with all that it has to know. Texts may have expressions. */
export type Wait =
  | {
      readonly for: "approval"
      readonly roles: readonly string[]
      readonly people: readonly string[]
      readonly approvals: number
      readonly message: string
      readonly timeout_ms: number | null
      readonly on_timeout: "reject" | "approve"
      readonly remind_before_ms: number | null
    }
  | {
      readonly for: "signal"
      readonly name: string
      readonly timeout_ms: number | null
      readonly on_timeout: "fail" | "continue"
      readonly schema: Fragment | null
    }
  /** `duration` only where an expression yields it. */
  | { readonly for: "sleep"; readonly duration_ms: number }
  | { readonly for: "sleep"; readonly duration: string }
  | { readonly for: "sleep"; readonly until: string }
  | {
      readonly for: "workflow"
      readonly name: string
      /** null: the latest at that time. */
      readonly version: number | null
      readonly inputs: Readonly<Record<string, unknown>>
      readonly wait: boolean
      readonly timeout_ms?: number
    }

/** Undefined for what a worker runs. Takes a task that was checked. */
export const waitOf = (
  { uses, with: given, timeout }: Pick<Task, "uses" | "with" | "timeout">,
  task = "",
): Wait | undefined => {
  if (uses === "approval") return approval(given)
  if (uses === "signal") return signal(given, task)
  if (uses === "sleep") return sleep(given)
  return uses === "workflow" ? workflow(given, period(timeout)) : undefined
}

const period = (text: string | undefined): number | null =>
  text === undefined ? null : (durationMs(text) ?? null)

const approval = (given: Task["with"]): Wait => {
  const { roles, people, approvals, message, timeout, on_timeout, remind_before } =
    waitTypes.approval.parse(given)
  return {
    for: "approval",
    roles: [...new Set(roles)].sort(),
    people: [...new Set(people)].sort(),
    approvals: approvals ?? 1,
    message: message ?? "",
    timeout_ms: period(timeout),
    on_timeout: on_timeout ?? "reject",
    remind_before_ms: period(remind_before),
  }
}

const signal = (given: Task["with"], task: string): Wait => {
  const { name, timeout, on_timeout, schema } = waitTypes.signal.parse(given ?? {})
  return {
    for: "signal",
    name: name ?? task,
    timeout_ms: period(timeout),
    on_timeout: on_timeout ?? "fail",
    schema: schema ?? null,
  }
}

const sleep = (given: Task["with"]): Wait => {
  const { duration, until = "" } = waitTypes.sleep.parse(given)
  if (duration === undefined) return { for: "sleep", until }
  const duration_ms = durationMs(duration)
  return duration_ms === undefined ? { for: "sleep", duration } : { for: "sleep", duration_ms }
}

const workflow = (given: Task["with"], timeout_ms: number | null): Wait => {
  const { name, version, inputs, wait } = waitTypes.workflow.parse(given)
  return {
    ...{ for: "workflow", name, version: version ?? null, inputs: inputs ?? {}, wait: wait ?? true },
    ...(timeout_ms !== null && { timeout_ms }),
  }
}
