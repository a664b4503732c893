import { z } from "zod"
import { limits } from "#language/limits.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

const seconds = z.number().nonnegative().nullish()

const names = z.array(z.string()).default([])

const specified = z.looseObject({
  name: z.string(),
  id: z.string().optional(),
  parents: names,
  children: names,
})

/** WfFormat 1.4 and before keep all of a task in one place; 1.5 has what it is beside what became of it. */
const earlier = z.looseObject({
  tasks: z.array(specified.extend({ runtimeInSeconds: seconds, runtime: seconds })),
})

const split = z.looseObject({
  specification: z.looseObject({ tasks: z.array(specified) }),
  execution: z.looseObject({
    tasks: z.array(z.looseObject({ id: z.string(), runtimeInSeconds: seconds })).default([]),
  }),
})

const instanceSchema = z.looseObject({
  name: z.string().default("imported"),
  description: z.string().optional(),
  workflow: z.union([split, earlier]),
})

type Recorded = {
  readonly id: string
  readonly parents: readonly string[]
  readonly children: readonly string[]
  readonly runtime_s: number
}

export type Sleeper = {
  readonly needs?: readonly string[]
  readonly uses: "sleep"
  readonly with: { readonly duration: string }
}

export type Imported = {
  readonly name: string
  readonly description?: string
  readonly tasks: Readonly<Record<string, Sleeper>>
}

const refuse = (why: string): never => {
  throw new Failure(exit_codes.usage, `This is no workflow in WfFormat that can be imported: ${why}.`)
}

const recordedTasks = ({ workflow }: z.infer<typeof instanceSchema>): readonly Recorded[] => {
  if (!("specification" in workflow)) {
    const { tasks } = workflow as z.infer<typeof earlier>
    return tasks.map(({ id, name, parents, children, runtimeInSeconds, runtime }) => ({
      ...{ id: id ?? name, parents, children, runtime_s: runtimeInSeconds ?? runtime ?? 0 },
    }))
  }
  const { specification, execution } = workflow as z.infer<typeof split>
  const runtimes = new Map(execution.tasks.map((task) => [task.id, task.runtimeInSeconds ?? 0]))
  return specification.tasks.map(({ id, name, parents, children }) => {
    const own = id ?? name
    return { id: own, parents, children, runtime_s: runtimes.get(own) ?? runtimes.get(name) ?? 0 }
  })
}

const readable = (text: string): string => {
  const plain = text.replaceAll(/[^A-Za-z0-9_-]+/g, "_").slice(0, limits.max_name_chars)
  return /^[A-Za-z]/.test(plain) ? plain : `t${plain}`.slice(0, limits.max_name_chars)
}

/** What its tasks are called here: as they were, as far as a name may be, and each for itself. */
const namesOf = (tasks: readonly Recorded[]): ReadonlyMap<string, string> => {
  const taken = new Set<string>()
  const found = new Map<string, string>()
  for (const { id } of tasks) {
    if (found.has(id)) refuse(`two tasks have the id ${JSON.stringify(id)}`)
    let name = readable(id)
    for (let number = 2; taken.has(name); number += 1) {
      const suffix = `_${number}`
      name = `${readable(id).slice(0, limits.max_name_chars - suffix.length)}${suffix}`
    }
    taken.add(name)
    found.set(id, name)
  }
  return found
}

/** Whichever end tells of an edge, it is there. */
const parentsOf = (tasks: readonly Recorded[]): ReadonlyMap<string, Set<string>> => {
  const parents = new Map(tasks.map(({ id, parents: own }) => [id, new Set(own)]))
  for (const { id, children } of tasks) {
    for (const child of children) {
      const known = parents.get(child)
      if (known) known.add(id)
      else refuse(`task ${JSON.stringify(id)} has the unknown child ${JSON.stringify(child)}`)
    }
  }
  return parents
}

const faultsOf = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join(".") || "it"}: ${message}`)
    .join("; ")

/** A recorded workflow as one of tasks that sleep as long as they took, times the scale. */
export const importWfFormat = (instance: unknown, time_scale: number): Imported => {
  const parsed = instanceSchema.safeParse(instance)
  const data = parsed.success ? parsed.data : refuse(faultsOf(parsed.error))
  const tasks = recordedTasks(data)
  if (tasks.length === 0) refuse("it has no tasks")
  if (tasks.length > limits.max_tasks) {
    refuse(`it has ${tasks.length} tasks; a workflow has at most ${limits.max_tasks}`)
  }
  const named = namesOf(tasks)
  const parents = parentsOf(tasks)
  const sleepers = tasks.map(({ id, runtime_s }): readonly [string, Sleeper] => {
    const needs = [...(parents.get(id) ?? [])].map(
      (parent) =>
        named.get(parent) ??
        refuse(`task ${JSON.stringify(id)} has the unknown parent ${JSON.stringify(parent)}`),
    )
    const duration = `${Math.round(runtime_s * time_scale * 1_000)}ms`
    return [named.get(id) ?? id, { ...(needs.length > 0 && { needs }), uses: "sleep", with: { duration } }]
  })
  return {
    name: readable(data.name),
    ...(data.description !== undefined && { description: data.description }),
    tasks: Object.fromEntries(sleepers),
  }
}
