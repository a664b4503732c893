import { invalidField } from "#kernel/http/invalid.ts"
import { durationMs } from "#language/duration.ts"
import { momentOf } from "../log/filter.ts"
import { conditionOf, isOfTask } from "../log/of-task.ts"
import type { Execution, ExecutionStatus } from "./execution.ts"
import { paceOf } from "./pace.ts"
import { errorWords, isPlainWord, powerOf, type Term, termOf, valuesIn, wordsOf } from "./terms.ts"

export type Sought = {
  readonly workflow?: string | undefined
  readonly task?: string | undefined
  readonly type?: string | undefined
  readonly worker_id?: string | undefined
  readonly status?: ExecutionStatus | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly min_duration?: string | undefined
  readonly max_duration?: string | undefined
  readonly error?: string | undefined
  readonly output?: string | undefined
  readonly input?: string | undefined
}

const refuse = (path: string, message: string): never => {
  throw invalidField(path, message)
}

const durationOf = (path: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  return durationMs(text) ?? refuse(path, 'Give a duration such as "10s" or "1h30m".')
}

const fieldOf = (
  name: "input" | "output",
  text: string | undefined,
): readonly [path: string, value: string] | undefined => {
  if (text === undefined) return undefined
  const place = text.indexOf("=")
  if (place < 1) return refuse(name, "Give a field and its value, as `rows=5` or `report.status=late`.")
  return [text.slice(0, place), text.slice(place + 1)]
}

const errorOf = (text: string | undefined): readonly string[] => {
  if (text === undefined) return []
  const words = wordsOf(text)
  return words.length === 0 ? refuse("error", "Give at least one word.") : words
}

/** What is wanted, as the store and the marks know it. */
export type Filter = {
  readonly from_ms: number | undefined
  readonly before_ms: number | undefined
  readonly where: Readonly<
    Record<string, string | number | { gte?: number | string; lte?: number; lt?: string }>
  >
  readonly terms: readonly Term[]
  /** What their runs have to have. */
  readonly of_runs: Term | undefined
  /** Texts that what is wanted contains, so that the store gives little else. */
  readonly containing: readonly string[]
  /** What the store can't tell. */
  readonly isWanted: (execution: Execution) => boolean
  /** Whether what still goes on can be meant, and what has ended. */
  readonly open: boolean
  readonly ended: boolean
}

const msOf = (path: string, text: string | undefined, now: Date): number | undefined =>
  text === undefined ? undefined : Date.parse(momentOf(path, text, now))

const is_going: ReadonlySet<string> = new Set(["waiting", "running"])

export const filterOf = (sought: Sought, now: Date): Filter => {
  const { workflow, task, type, worker_id, status } = sought
  const least_ms = durationOf("min_duration", sought.min_duration)
  const most_ms = durationOf("max_duration", sought.max_duration)
  const output = fieldOf("output", sought.output)
  const input = fieldOf("input", sought.input)
  const words = errorOf(sought.error)
  const needs_end = [least_ms, most_ms, output, words[0]].some((given) => given !== undefined)
  return {
    from_ms: msOf("since", sought.since, now),
    before_ms: msOf("until", sought.until, now),
    where: {
      ...(workflow !== undefined && { workflow }),
      ...(task !== undefined && { task: conditionOf(task) }),
      ...(type !== undefined && { type }),
      ...(worker_id !== undefined && { worker_id }),
      // Whatever else has ended has no error.
      ...(words.length > 0 && { status: "failed" }),
      ...(status !== undefined && { status }),
      // By whole steps in the store, and exactly afterwards.
      ...((least_ms !== undefined || most_ms !== undefined) && {
        pace: {
          ...(least_ms !== undefined && { gte: paceOf(least_ms) }),
          ...(most_ms !== undefined && { lte: paceOf(most_ms) }),
        },
      }),
    } as Filter["where"],
    terms: [
      ...(output === undefined ? [] : [termOf.output(...output)]),
      ...words.filter(isPlainWord).map(termOf.error),
      ...(worker_id === undefined ? [] : [termOf.worker(worker_id)]),
      ...(task === undefined ? [] : [termOf.task(task)]),
      ...(workflow === undefined ? [] : [termOf.workflow(workflow)]),
      ...(type === undefined ? [] : [termOf.type(type)]),
      ...(status === undefined ? [] : [termOf.status(status)]),
      ...(least_ms === undefined || least_ms < 1_000 ? [] : [termOf.lasting(powerOf(least_ms))]),
    ],
    of_runs: input && termOf.input(...input),
    containing: output === undefined ? [] : inJson(output),
    isWanted: (execution) =>
      isOfTask(task, execution.task) &&
      isLasting(execution, least_ms, most_ms) &&
      hasWords(execution, words) &&
      hasOutput(execution, output),
    open: !needs_end && (status === undefined || is_going.has(status)),
    ended: status === undefined || !is_going.has(status),
  }
}

/** The value, with or without quotes; or where there is none, the last name of the path. */
const inJson = ([path, value]: readonly [string, string]): readonly string[] => [
  JSON.stringify(value === "" ? `${path.split(".").at(-1)}` : value).slice(1, -1),
]

const isLasting = ({ duration_ms }: Execution, least_ms = 0, most_ms = Number.POSITIVE_INFINITY): boolean =>
  duration_ms === null || duration_ms === undefined || (duration_ms >= least_ms && duration_ms <= most_ms)

const hasWords = (execution: Execution, words: readonly string[]): boolean => {
  if (words.length === 0) return true
  const there = new Set(errorWords(execution))
  return words.every((word) => there.has(word))
}

const hasOutput = (execution: Execution, output: readonly [string, string] | undefined): boolean => {
  if (output === undefined) return true
  return valuesIn(execution.outputs).some(([path, text]) => path === output[0] && text === output[1])
}
