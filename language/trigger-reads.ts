import type { Plan } from "./plan.ts"
import { rootsRead } from "./reads.ts"
import type { Definition } from "./schema.ts"
import { entriesIn } from "./sections.ts"
import { bareExpression } from "./template.ts"

/** Whether something that is evaluated in a run asks what began it. What begins runs reads that by itself. */
export const readsTriggerIn = (definition: Definition): boolean => {
  const { outputs, env, concurrency } = definition
  const tasks = entriesIn(definition).map(({ task }) => [task, conditionOf(task.if)])
  return rootsRead([outputs, env, concurrency, tasks]).has("trigger")
}

const conditionOf = (condition: string | boolean | undefined): string =>
  condition === undefined ? "" : `\${{${bareExpression(String(condition)) ?? ""}}}`

/** Plans from before the engine could say so name it among what it doesn't run. */
export const readsTrigger = ({ reads_trigger, constructs }: Plan): boolean =>
  reads_trigger === true || (constructs as readonly string[] | undefined)?.includes("trigger") === true
