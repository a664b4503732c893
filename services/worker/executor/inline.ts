import type { Outbound } from "#kernel/outbound/call.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { interpolate } from "#language/expressions.ts"
import type { PlanTask } from "#language/plan.ts"
import type { InlineType } from "#language/slots.ts"
import { declaredEnvironment } from "../process/environment.ts"
import { compute } from "./compute.ts"
import type { Executor } from "./executor.ts"
import { flaky } from "./flaky.ts"
import { noop } from "./noop.ts"
import { type Notify, notify } from "./notify.ts"
import { withExpressions } from "./payload.ts"
import { request } from "./request.ts"
import { sleep } from "./sleep.ts"
import { transform } from "./transform.ts"

export type InlineOptions = Pick<Kit, "random" | "now"> & {
  readonly outbound: Outbound
  readonly tell: Notify
}

/** Tasks of a workflow's version have expressions. Payloads of jobs and steps are data, whatever they look like. */
const filled =
  (executor: Executor): Executor =>
  async (execution) => {
    const { task, context } = execution
    if ((context.run?.version ?? 0) === 0) return executor(execution)
    const prepared = await withExpressions(() => ({
      given: interpolate(task.with, { ...context, env: declaredEnvironment(execution) }) as PlanTask["with"],
    }))
    return "ok" in prepared ? prepared : executor({ ...execution, task: { ...task, with: prepared.given } })
  }

const usual: Executor = () => Promise.resolve({ ok: true, outputs: { ok: true } })

/** The worker's own functions, by type: they take no process and share its event loop. */
export const inlineExecutors = ({
  random,
  now,
  outbound,
  tell,
}: InlineOptions): Readonly<Record<InlineType, Executor>> => ({
  ...{ noop, sleep },
  notify: notify(tell),
  compute: filled(compute),
  transform: filled(transform),
  flaky: filled(flaky(random)),
  default: usual,
  http: request({ outbound, now }),
})
