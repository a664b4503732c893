import type { Caller } from "#kernel/audit/caller.ts"
import { type Deed, record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { activeTraceparent } from "#kernel/telemetry/tracing.ts"
import { checkInputs } from "#language/inputs.ts"
import type { Plan } from "#language/plan.ts"
import { runId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { runDeed } from "./deed.ts"
import { type RunStatus, runMoves } from "./moves.ts"
import { runNotFound } from "./not-found.ts"
import type { Run } from "./shape.ts"
import { type Rerun, type RunStart, startRuns } from "./start.ts"

type RerunWanted = {
  readonly mode: Rerun["mode"]
  readonly task?: string | undefined
  /** Those of the earlier run where these say nothing. */
  readonly inputs?: Readonly<Record<string, unknown>> | undefined
}

/** A new run of the same version: of everything, of what has not completed, or from a task on. */
export const rerunRun = (engine: Engine) => {
  const start = startRuns(engine)
  return async (actor: Caller, run_id: string, wanted: RerunWanted): Promise<Run> => {
    allow(actor, "run.start")
    const earlier = await engine.database.run((sql) => readEarlier(sql, actor.workspace_id, run_id))
    if (!earlier) {
      throw runNotFound(run_id)
    }
    const [started] = await start([rerunOf(engine, earlier, wanted)], (sql, [made]) => {
      const details = { mode: wanted.mode, new_run: made?.run_id ?? null }
      return record(sql, actor, made?.created ? [runDeed("rerun", earlier, details)] : [])
    })
    if (started?.refusal) throw started.refusal
    if (!started?.run) throw new Error("the rerun was not started")
    return started.run
  }
}

const max_bulk = 100

type Chosen = {
  readonly status: "completed" | "failed" | "cancelled"
  readonly workflow?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly mode: "all" | "failed"
  readonly limit?: number | undefined
}

/** Of many at once, oldest first; a run that was rerun already is not chosen again, so asking twice does no harm. */
export const rerunRuns = (engine: Engine) => {
  const start = startRuns(engine)
  return async (actor: Caller, chosen: Chosen): Promise<{ started: string[]; more: boolean }> => {
    allow(actor, "run.start")
    const limit = Math.min(chosen.limit ?? max_bulk, max_bulk)
    const found = await engine.database.run((sql) =>
      findChosen(sql, actor.workspace_id, { ...chosen, limit: limit + 1 }),
    )
    const starts = found.slice(0, limit).map((earlier) => {
      const wanted = rerunOf(engine, earlier, { mode: chosen.mode })
      // Two who ask at once start one rerun of each.
      return { ...wanted, idempotency_key: `rerun ${earlier.id}`, body_hash: chosen.mode }
    })
    const started =
      starts.length === 0
        ? []
        : await start(starts, (sql, all) => {
            const count = all.filter(({ created }) => created).length
            return record(sql, actor, count > 0 ? [manyDeed(chosen, count)] : [])
          })
    return {
      started: started.filter(({ created }) => created).map(({ run_id }) => run_id),
      more: found.length > limit,
    }
  }
}

/** One entry, however many they are. */
const manyDeed = ({ workflow, status, mode }: Chosen, count: number): Deed => ({
  action: "run.many_rerun",
  subject: { kind: "runs", id: null, name: workflow ?? "*" },
  details: { status, mode, count },
})

const findChosen = (
  sql: Sql,
  workspace_id: string,
  { status, workflow, since, until, limit }: Chosen & { limit: number },
) =>
  sql<Earlier>`
    select run.id, workspace_id, workflow, version, status, inputs, plan.plan
    from scheduler.run as run join scheduler.plan as plan on plan.id = run.plan_id
    where workspace_id = ${workspace_id}::text::uuid and status = ${status}
      and (${workflow ?? null}::text is null or workflow = ${workflow ?? null}::text)
      and (${since ?? null}::text is null or run.created_at >= ${since ?? null}::text::timestamptz)
      and (${until ?? null}::text is null or run.created_at < ${until ?? null}::text::timestamptz)
      and not exists (select from scheduler.run as later where later.rerun_of = run.id)
    order by run.id
    limit ${limit}::int`

type Earlier = {
  readonly id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number
  readonly status: RunStatus
  readonly inputs: Readonly<Record<string, unknown>>
  readonly plan: Plan
}

const readEarlier = async (sql: Sql, workspace_id: string, run_id: string): Promise<Earlier | undefined> => {
  const [row] = await sql<Earlier>`
    select run.id, workspace_id, workflow, version, status, inputs, plan.plan
    from scheduler.run as run join scheduler.plan as plan on plan.id = run.plan_id
    where run.id = ${run_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid`
  return row
}

/** What is to be started; refuses what can't be. */
const rerunOf = (engine: Engine, earlier: Earlier, wanted: RerunWanted): RunStart => {
  const { id, workspace_id, workflow, version, plan } = earlier
  if (!runMoves.terminal.includes(earlier.status)) {
    throw new Problem("run.not_ended", { detail: `The run ${id} is ${earlier.status}.` })
  }
  const task = wanted.task ?? ""
  if (wanted.mode === "from" && !plan.tasks.some(({ name }) => name === task)) {
    const names = plan.tasks.slice(0, 20).map(({ name }) => name)
    throw new Problem("task.not_found", {
      detail: `The run has no task \`${task}\`. Its tasks are ${names.join(", ")}${plan.tasks.length > 20 ? ", …" : ""}.`,
    })
  }
  return {
    ...{ run_id: runId(engine.kit.id()), workspace_id, workflow, version, plan },
    inputs: inputsOf(earlier, wanted.inputs, engine.kit.now()),
    trigger: "rerun",
    idempotency_key: undefined,
    body_hash: "",
    traceparent: activeTraceparent() ?? null,
    rerun: { of: id, mode: wanted.mode, task },
  }
}

/** What the earlier run doesn't say is as of now, such as a default that is `today()`. */
const inputsOf = ({ inputs, plan }: Earlier, given: RerunWanted["inputs"], now: Date) => {
  if (given === undefined) return inputs
  // What a run of steps was given is its payloads, which are nobody's to name.
  const own = plan.payloads ? {} : inputs
  const checked = checkInputs({ inputs: plan.inputs }, { ...own, ...given }, now)
  if (checked.ok) return plan.payloads ? inputs : checked.values
  const detail = checked.errors
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
    .join("; ")
  throw new Problem("inputs.invalid", { errors: checked.errors, detail })
}
