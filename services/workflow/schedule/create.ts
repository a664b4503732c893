import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { describe } from "#language/fault.ts"
import { nextFireMs } from "#language/fires.ts"
import { timetableOf } from "#language/schedule.ts"
import type { Definition } from "#language/schema.ts"
import { startFaults } from "#language/start-faults.ts"
import { databaseNow } from "../fire/clock.ts"
import { scheduleDeed } from "./deed.ts"
import { readSchedules, scheduleOf } from "./read.ts"
import type { CreateSchedule, Schedule } from "./shape.ts"
import { insertSchedule } from "./sync.ts"

export type Scheduling = { readonly database: Database; readonly kit: Kit }

/** A schedule beside those that a workflow's file declares; its runs are of the latest version. */
export const createSchedule =
  ({ database, kit }: Scheduling) =>
  async (actor: Caller, wanted: CreateSchedule): Promise<Schedule> => {
    allow(actor, "schedule.write")
    const { workspace_id, user_id: created_by } = actor
    const { name, workflow, ...schedule } = wanted
    const timetable = timetableOf(schedule)
    return database.tx(async (sql) => {
      const target = await lockTarget(sql, workspace_id, workflow)
      refuseInputs(target, timetable.inputs)
      const next_at = nextFireMs(timetable, await databaseNow(sql))
      const made = await insertSchedule(sql, {
        ...{ id: kit.id(), workspace_id, workflow_id: target.id, name, declared: false, timetable },
        ...{ next_at, created_by },
      })
      if (!made) throw new Problem("schedule.exists", { detail: `There is a schedule ${name} already.` })
      const [row] = await readSchedules(sql, { workspace_id, name, workflow: null, after: null, limit: 1 })
      if (!row) throw new Error("the schedule just made is not there")
      await record(sql, actor, [scheduleDeed("created", row, { workflow })])
      return scheduleOf(row)
    })
  }

type Target = {
  readonly id: string
  readonly archived: boolean
  readonly inputs: Definition["inputs"] | null
}

/** It can't be archived at the same time. */
const lockTarget = async (sql: Sql, workspace_id: string, name: string): Promise<Target> => {
  const [row] = await sql<Target>`
    select id, archived_at is not null as archived, definition -> 'inputs' as inputs
    from workflow.workflow join workflow.version on workflow_id = id and version = latest_version
    where workspace_id = ${workspace_id}::text::uuid and name = ${name}
    for share of workflow`
  if (!row) {
    throw new Problem("workflow.not_found", { detail: `There is no workflow ${name} in this workspace.` })
  }
  if (row.archived) throw new Problem("workflow.archived", { detail: `${name} is archived.` })
  return row
}

const refuseInputs = ({ inputs }: Target, given: Readonly<Record<string, unknown>>): void => {
  const faults = startFaults({ schedule: [{ inputs: given }] }, inputs ?? {})
  const errors = faults.map(({ path, ...fault }) => describe({ ...fault, path: path.slice(2) }))
  if (errors.length === 0) return
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join("; ")
  throw new Problem("inputs.invalid", { errors, detail })
}
