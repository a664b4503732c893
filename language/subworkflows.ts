import type { Plan } from "./plan.ts"

/** A workflow that a task runs, as the task names it; without a version it is the latest when the run starts. */
export type Subworkflow = { readonly name: string; readonly version: number | null }

/** The version that a start has settled on, for the whole of its run. */
export type Pinned = { readonly workflow: string; readonly version: number; readonly plan: Plan }

/** What it is kept by in a plan. */
export const pinKey = ({ name, version }: Subworkflow): string =>
  version === null ? name : `${name}@${version}`

/** Each once, in the order of the tasks. */
export const subworkflowsOf = ({ tasks }: Pick<Plan, "tasks">): readonly Subworkflow[] => {
  const found = new Map<string, Subworkflow>()
  for (const { wait } of tasks) {
    if (wait?.for === "workflow") found.set(pinKey(wait), { name: wait.name, version: wait.version })
  }
  return [...found.values()]
}

const known = new WeakMap<Plan, Map<string, Pinned | undefined>>()

/** The same object for the same plan, so that whatever is made of it is made once. */
export const pinnedIn = (plan: Plan, wanted: Subworkflow): Pinned | undefined => {
  const made = known.get(plan) ?? new Map<string, Pinned | undefined>()
  known.set(plan, made)
  const key = pinKey(wanted)
  if (!made.has(key)) made.set(key, withItsOwn(plan, key))
  return made.get(key)
}

/** A run of it needs the versions that were settled on for its own tasks, and no others. */
const withItsOwn = ({ workflows = {} }: Plan, key: string): Pinned | undefined => {
  const pinned = workflows[key]
  if (!pinned) return undefined
  const needed: Record<string, Pinned> = {}
  const open = [pinned]
  for (let one = open.pop(); one; one = open.pop()) {
    for (const wanted of subworkflowsOf(one.plan)) {
      const own = pinKey(wanted)
      const next = workflows[own]
      if (!next || Object.hasOwn(needed, own)) continue
      needed[own] = next
      open.push(next)
    }
  }
  if (Object.keys(needed).length === 0) return pinned
  const sorted = Object.fromEntries(Object.entries(needed).sort(([one], [other]) => (one < other ? -1 : 1)))
  return { ...pinned, plan: { ...pinned.plan, workflows: sorted } }
}
