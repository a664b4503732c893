import { type Each, itemContext, itemName, itemsOf } from "#language/each.ts"
import { type ExpressionContext, ExpressionError } from "#language/expressions.ts"
import { checkInputs } from "#language/inputs.ts"
import { compile, type Plan, type PlanTask } from "#language/plan.ts"
import { readOne } from "../../authored.ts"
import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { readSomeInputs } from "../../run-inputs.ts"
import { type Column, printTable } from "../../table.ts"

type Row = {
  readonly task: string
  readonly uses: string
  readonly when: string
  readonly after: string
  readonly item: string
}

const columns: readonly Column<Row>[] = [
  { title: "task", full: ({ task }) => task },
  { title: "uses", full: ({ uses }) => uses },
  { title: "when", full: ({ when }) => when },
  { title: "after", full: ({ after }) => after, short: ({ after }) => shortened(after) },
  { title: "item", full: ({ item }) => item },
]

const max_shown_chars = 60

const shortened = (text: string): string =>
  text.length <= max_shown_chars ? text : `${text.slice(0, max_shown_chars - 1)}…`

/** What a run would consist of, in the order of its graph. Nothing is sent and nothing is run. */
export const run = async (given: Given, io: Io): Promise<number> => {
  const [path = ""] = given.arguments
  const authored = await readOne(path, io)
  if (!authored) return exit_codes.usage
  const { definition } = authored
  const plan = compile(definition)
  const named = readSomeInputs(given.options, definition.inputs)
  const checked = checkInputs(definition, named, io.now())
  const context = { inputs: checked.ok ? checked.values : named, env: plan.env, now: io.now().toISOString() }
  if (flag(given.options, "json")) io.out(asJson(plan))
  else
    printTable(
      io,
      columns,
      plan.tasks.flatMap((task) => rowsOf(task, plan, context)),
    )
  return exit_codes.done
}

const rowsOf = (task: PlanTask, plan: Plan, context: ExpressionContext): readonly Row[] => {
  const after = task.needs.map((idx) => plan.tasks[idx]?.name ?? "").join(", ")
  const condition = task.if === undefined ? "" : ` if ${task.if}`
  const row = { task: task.name, uses: task.uses, when: `${task.when}${condition}`, after, item: "" }
  const { each } = task
  if (!each) return [row]
  const items = knownItems(task, each, context)
  if (!items) return [{ ...row, task: `${task.name}[…]`, item: "known in the run" }]
  return items.map((item, index) => {
    const own = itemContext(each, index, item)
    return { ...row, task: itemName(task.name, index), item: asJson(own.matrix ?? own.item) }
  })
}

/** What tasks yield isn't there yet; what inputs and the file say is. */
const knownItems = (
  task: PlanTask,
  each: Each,
  context: ExpressionContext,
): readonly unknown[] | undefined => {
  if (task.reads.length > 0 && !each.items) return undefined
  try {
    return itemsOf(each, context)
  } catch (error) {
    if (error instanceof ExpressionError) return undefined
    throw error
  }
}
