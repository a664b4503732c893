import { eachOf } from "./each.ts"
import { explain } from "./explain.ts"
import { ExpressionError } from "./expression-error.ts"
import type { Fault, Path } from "./fault.ts"
import { limits } from "./limits.ts"
import { isMapping, type Mapping } from "./mappings.ts"
import { definitionSchema, taskSchema } from "./schema.ts"
import { type Entry, needsOf } from "./sections.ts"
import { slotOf } from "./slots.ts"
import { suggest } from "./suggest.ts"
import { isTaskType, taskTypeNames, taskTypes } from "./task-types.ts"
import { waitTypes } from "./tasks/wait.ts"

/** What is wrong with one task, beyond what its schema says. */
export const taskFaults = ({ section, name, task }: Entry, definition: Mapping): Fault[] => {
  if (!isMapping(task)) return []
  const faults: Fault[] = []
  const path: Path = [section, name]
  // The schema leaves out the values of keys that it refuses.
  if (!definitionSchema.shape.tasks.keyType.safeParse(name).success) {
    const parsed = taskSchema.safeParse(task)
    const around = { value: task, schema: taskSchema, base: path }
    if (!parsed.success) faults.push(...parsed.error.issues.flatMap((issue) => explain(issue, around)))
  }
  faults.push(...whenFaults({ section, name, task }), ...fetchFaults({ section, name, task }))
  faults.push(...secretFaults(task, path, definition))
  return [
    ...faults,
    ...kindFaults(task, path),
    ...settingFaults(task, path),
    ...linkFaults(task, path, definition),
  ]
}

const whenFaults = ({ section, name, task }: Entry<Mapping>): Fault[] => {
  const path: Path = [section, name, "when"]
  const isRoot = needsOf(task).length === 0
  if (section === "tasks") {
    if (task.when !== "failure" || !isRoot) return []
    const message =
      "`when: failure` without `needs` would never run: name the tasks it watches, or put it in `on_failure`"
    return [{ path, message }]
  }
  if (task.when === undefined || (section === "finally" && !isRoot)) return []
  const message = `\`when\` is settled for tasks in \`${section}\`: leave it out${section === "finally" ? ", or use `if`" : ""}`
  return [{ path, on_key: true, message }]
}

/** Files come into a folder, from tasks that have ended. */
const fetchFaults = ({ section, name, task }: Entry<Mapping>): Fault[] => {
  if (task.fetch === undefined) return []
  const at = { path: [section, name, "fetch"], on_key: true } as const
  const { uses = "shell" } = task
  if (typeof uses === "string" && isTaskType(uses) && slotOf(uses) !== "process") {
    if (Object.hasOwn(waitTypes, uses)) return []
    const instead = uses === "function" ? ": it downloads them with the client" : ""
    return [{ ...at, message: `\`uses: ${uses}\` has no folder to put files into${instead}` }]
  }
  if (section !== "tasks" || needsOf(task).length > 0) return []
  const message = "`fetch` without `needs` would find nothing: name the tasks that keep these files"
  return [{ ...at, message }]
}

const secretFaults = (task: Mapping, path: Path, definition: Mapping): Fault[] => {
  if (!Array.isArray(task.secrets)) return []
  const declared: readonly unknown[] = Array.isArray(definition.secrets) ? definition.secrets : []
  return task.secrets.flatMap((name, index) => {
    if (typeof name !== "string" || declared.includes(name)) return []
    const known = declared.filter((one) => typeof one === "string")
    const message = `the secret \`${name.slice(0, 100)}\` isn't declared: add it to the workflow's \`secrets\``
    return [{ path: [...path, "secrets", index], message, word: name, known }]
  })
}

/** One of `run` and `uses`, and what goes with it. */
const kindFaults = (task: Mapping, path: Path): Fault[] => {
  const { run, uses } = task
  if (run !== undefined && uses !== undefined) {
    return [{ path: [...path, "uses"], on_key: true, message: "a task has `run` or `uses`, not both" }]
  }
  if (run !== undefined) return runFaults(task, path)
  if (uses === undefined) return [{ path, on_key: true, message: "a task needs `run` or `uses`" }]
  if (typeof uses !== "string") return []
  if (isTaskType(uses)) {
    const schema = taskTypes[uses]
    const value = task.with ?? {}
    const parsed = schema.safeParse(value)
    const around = { value, schema, base: [...path, "with"] }
    return parsed.success ? [] : parsed.error.issues.flatMap((issue) => explain(issue, around))
  }
  const types = taskTypeNames.map((type) => `\`${type}\``).join(", ")
  const near = suggest(uses, taskTypeNames) !== undefined
  const message = `unknown task type \`${uses.slice(0, 100)}\`${near ? "" : `; there are ${types}`}`
  return [{ path: [...path, "uses"], message, word: uses, known: taskTypeNames }]
}

const runFaults = (task: Mapping, path: Path): Fault[] => {
  const faults: Fault[] = []
  if (task.with !== undefined) {
    faults.push({ path: [...path, "with"], on_key: true, message: "`with` belongs to `uses`, not to `run`" })
  }
  if (typeof task.run !== "string") return faults
  const parsed = taskTypes.shell.safeParse({ run: task.run })
  const around = { value: task, schema: taskTypes.shell, base: path }
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap((issue) => explain(issue, around)))
  return faults
}

const for_workers = [
  "env",
  "secrets",
  "retries",
  "timeout",
  "queue_timeout",
  "queue",
  "priority",
  "artifacts",
  "fetch",
  "cache",
  "on_worker_lost",
  "limits",
  "labels",
]

/** What would be ignored is refused. */
const settingFaults = (task: Mapping, path: Path): Fault[] => {
  const faults: Fault[] = []
  const fault = (key: string, message: string) => faults.push({ path: [...path, key], on_key: true, message })
  if (task.for_each !== undefined && task.matrix !== undefined) {
    fault("matrix", "a task has `for_each` or `matrix`, not both")
  }
  for (const key of ["max_parallel", "fail_fast"]) {
    if (task[key] !== undefined && task.for_each === undefined && task.matrix === undefined) {
      fault(key, `\`${key}\` belongs to \`for_each\` or \`matrix\``)
    }
  }
  if (typeof task.uses !== "string") return faults
  if (task.uses === "function" && task.artifacts !== undefined) {
    fault("artifacts", "a function has no folder to keep files of: it uploads them with the client")
  }
  if (!Object.hasOwn(waitTypes, task.uses)) {
    if (task.limits !== undefined && isTaskType(task.uses) && slotOf(task.uses) !== "process") {
      fault("limits", `\`limits\` hold processes, and \`uses: ${task.uses}\` has none`)
    }
    return faults
  }
  for (const key of for_workers) {
    if (task[key] === undefined || (key === "timeout" && awaitsRun(task))) continue
    const hint =
      key === "timeout" && (task.uses === "approval" || task.uses === "signal") ? ": put it in `with`" : ""
    fault(key, `\`${key}\` means nothing for \`uses: ${task.uses}\`, which no worker runs${hint}`)
  }
  return faults
}

const awaitsRun = ({ uses, with: given }: Mapping): boolean =>
  uses === "workflow" && !(isMapping(given) && given.wait === false)

/** What refers to the workflow itself. */
const linkFaults = (task: Mapping, path: Path, definition: Mapping): Fault[] => {
  const given = isMapping(task.with) ? task.with : {}
  if (task.uses === "workflow" && given.name !== undefined && given.name === definition.name) {
    return [{ path: [...path, "with", "name"], message: "a workflow can't run itself" }]
  }
  if (task.uses !== "script" || typeof given.file !== "string") return []
  const files = Array.isArray(definition.files) ? definition.files : []
  if (files.includes(given.file)) return []
  const message = `\`${given.file.slice(0, 100)}\` isn't one of the workflow's \`files\`: add it there`
  const known = files.filter((one) => typeof one === "string")
  return [{ path: [...path, "with", "file"], message, word: given.file, known }]
}

/** How many tasks there are with all the items that are known beforehand. */
export const repeatFaults = (entries: readonly Entry[]): Fault[] => {
  const faults: Fault[] = []
  let count = entries.length
  for (const { section, name, task } of entries) {
    const { success, data } = repeated.safeParse(task)
    if (!success) continue
    const key = data.matrix === undefined ? "for_each" : "matrix"
    try {
      const items = eachOf(data)?.items
      count += items?.length ?? 0
      if (items?.length === 0)
        faults.push({ path: [section, name, key], message: "there is nothing left of the combinations" })
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      faults.push({ path: [section, name, key], message: error.message })
    }
  }
  if (count <= limits.max_expanded_tasks) return faults
  const message = `${count} tasks with all their items; there are at most ${limits.max_expanded_tasks}`
  return [...faults, { path: ["tasks"], message }]
}

const repeated = taskSchema.pick({ for_each: true, matrix: true }).loose()
