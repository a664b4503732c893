import type { Run, RunEvent } from "#sdk/index.ts"
import { cleanLine } from "./clean.ts"
import { type Io, type Style, styled } from "./io.ts"
import { took } from "./table.ts"
import { waitWords } from "./wait-words.ts"

const marks: Readonly<Record<string, readonly [mark: string, style: Style, words: string]>> = {
  "task.started": ["▶", "blue", "started"],
  "task.completed": ["✓", "green", "completed"],
  "task.failed": ["✗", "red", "failed"],
  "task.retrying": ["↻", "yellow", "failed, will be tried again"],
  "task.waiting": ["…", "dim", "waits for"],
  "task.reminded": ["…", "yellow", "still waits for"],
  "task.skipped": ["–", "dim", "skipped"],
  "task.cancelled": ["–", "dim", "cancelled"],
}

const errorOf = (event: RunEvent): string => {
  const error = event.data.error as { message?: string } | undefined
  return error?.message === undefined ? "" : `: ${error.message}`
}

/** One line for each change, for people and pipes alike. */
export const eventLine = (io: Io, event: RunEvent): string | undefined => {
  const known = marks[event.type]
  if (!known || event.task === null) return undefined
  const [mark, style, words] = known
  if (event.type === "task.waiting" || event.type === "task.reminded") {
    return `${styled(io, style, mark)} ${cleanLine(event.task)} ${words} ${waitWords(event.data)}`
  }
  const attempt = Number(event.data.attempt ?? 1)
  const tries = attempt > 1 ? ` (attempt ${attempt})` : ""
  const cached = event.data.reused_from === undefined ? "" : " (cached)"
  return `${styled(io, style, mark)} ${cleanLine(event.task)} ${words}${tries}${cached}${cleanLine(errorOf(event))}`
}

const outcomes: Readonly<Record<string, readonly [mark: string, style: Style]>> = {
  completed: ["✓", "green"],
  failed: ["✗", "red"],
  cancelled: ["–", "yellow"],
}

type Task = NonNullable<Run["tasks"]>[number]

const isItem = ({ item }: Task): boolean => typeof item === "number"

/** With the items of a task after it. */
export const inOrder = (tasks: readonly Task[]): readonly Task[] => {
  const items = Map.groupBy(tasks.filter(isItem), ({ task, item }) => task.slice(0, -`[${item}]`.length))
  if (items.size === 0) return tasks
  return tasks.filter((task) => !isItem(task)).flatMap((task) => [task, ...(items.get(task.task) ?? [])])
}

const max_reasons = 20
const max_answer_chars = 200

/** What the run answers, or why it can't. */
const answerLines = ({ outputs, reason }: Run): readonly string[] => {
  if (reason?.startsWith("outputs.invalid")) return [`  ${cleanLine(reason)}`]
  const shown = Object.entries(outputs ?? {}).map(([name, value]) => {
    const text = cleanLine(typeof value === "string" ? value : JSON.stringify(value))
    return `  ${cleanLine(name)} = ${text.length > max_answer_chars ? `${text.slice(0, max_answer_chars)}…` : text}`
  })
  return shown.slice(0, max_reasons)
}

/** What is left in the scrollback when a run has ended. */
export const summaryLines = (io: Io, run: Run): readonly string[] => {
  const [mark, style] = outcomes[run.status] ?? ["…", "dim"]
  const failed = inOrder(run.tasks ?? []).filter((task) => task.status === "failed")
  const reasons = failed
    .slice(0, max_reasons)
    .map((task) => `  ${cleanLine(task.task)}: ${cleanLine(task.error?.message ?? "failed")}`)
  const done = (run.tasks ?? []).filter((task) => task.status === "completed").length
  const duration = run.finished_at === null ? "" : ` in ${took(run.started_at, run.finished_at)}`
  const counts = `${done}/${run.tasks?.length ?? 0} tasks`
  return [
    `${styled(io, style, mark)} ${cleanLine(run.workflow)} ${cleanLine(run.status)}${duration} (${counts}, run ${cleanLine(run.id)})`,
    ...(run.parent
      ? [`  begun by ${cleanLine(run.parent.task)} of the run ${cleanLine(run.parent.run_id)}`]
      : []),
    ...reasons,
    ...answerLines(run),
    ...(failed.length > max_reasons ? [`  … and ${failed.length - max_reasons} more that failed`] : []),
  ]
}
