import { checkDefinition } from "#language/check.ts"
import { parseWorkflow } from "#language/parse.ts"
import { compile, type Plan, type PlanTask } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import { type Pinned, pinKey, subworkflowsOf } from "#language/subworkflows.ts"
import type { GivenFlow } from "./options.ts"

/** A workflow with those that its tasks run, so that the engine can run it without workers of any kind. */
export type TestPlan = {
  readonly definition: Definition
  readonly plan: Plan
  /** Of the workflow and its parts; by these the types of tasks are known. */
  readonly plans: ReadonlyMap<string, Plan>
}

const definitionOf = (given: GivenFlow): Definition => {
  const value = typeof given === "object" && isFlow(given) ? given.definition() : given
  const found = typeof value === "string" ? parseWorkflow(value) : checkDefinition(value)
  if (found.ok) return found.definition
  const faults = found.errors.map((error) => `  ${error.path}: ${error.message}`)
  throw new Error(`The workflow is not valid:\n${faults.join("\n")}`)
}

const isFlow = (given: object): given is { readonly definition: () => Readonly<Record<string, unknown>> } =>
  "definition" in given && typeof given.definition === "function"

export const testPlanOf = (
  given: GivenFlow,
  workflows: Readonly<Record<string, GivenFlow>> = {},
): TestPlan => {
  const definition = definitionOf(given)
  const plan = compile(definition)
  const plans = new Map([[keyOf(definition.name, 1), plan]])
  const pinned: Record<string, Pinned> = {}
  const open = [plan]
  for (let one = open.pop(); one; one = open.pop()) {
    for (const wanted of subworkflowsOf(one)) {
      const key = pinKey(wanted)
      if (Object.hasOwn(pinned, key)) continue
      const part = workflows[key] ?? workflows[wanted.name]
      if (part === undefined) throw new Error(missing(one, key, wanted.name))
      const own = compile({ ...definitionOf(part), name: wanted.name })
      const version = wanted.version ?? 1
      pinned[key] = { workflow: wanted.name, version, plan: anybodys(own) }
      plans.set(keyOf(wanted.name, version), own)
      open.push(own)
    }
  }
  const parts = Object.keys(pinned).length > 0 ? { workflows: pinned } : {}
  return { definition, plan: { ...anybodys(plan), ...parts }, plans }
}

const missing = (plan: Plan, key: string, name: string): string =>
  `A task of ${plan.workflow} runs the workflow \`${key}\`, which isn't given: add \`workflows: { ${JSON.stringify(name)}: … }\`.`

const keyOf = (workflow: string, version: number): string => `${workflow}@${version}`

/** As it was written. */
export const plannedOf = (
  { plans }: TestPlan,
  { workflow, version, idx }: { readonly workflow: string; readonly version: number; readonly idx: number },
): PlanTask | undefined => plans.get(keyOf(workflow, version))?.tasks[idx]

/** Any worker may have its tasks at once: which queue and which machine they need is no part of what is tested. */
const anybodys = ({ concurrency: _, ...plan }: Plan): Plan => ({
  ...plan,
  tasks: plan.tasks.map(({ labels: _labels, queue_timeout_ms: _limit, ...task }) =>
    task.wait ? task : { ...task, uses: "noop", queue: "default" },
  ),
})
