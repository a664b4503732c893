import type { Execution } from "./execution.ts"

/** What an execution can be found by, as words of one language: a kind and a value. */
export type Term = string

/** Of an execution only so much can be found; what is behind it isn't. */
const max_values = 16
const max_value_length = 100
const max_depth = 3
const max_error_length = 2_000
const max_error_words = 32

export const termOf = {
  workflow: (name: string): Term => `w ${name}`,
  /** Items are found by their task. */
  task: (name: string): Term => `t ${name.replace(/\[.*$/s, "")}`,
  type: (name: string): Term => `y ${name}`,
  worker: (id: string): Term => `k ${id}`,
  status: (status: string): Term => `s ${status}`,
  output: (path: string, value: string): Term => `o ${path}=${value}`,
  /** Of a run. */
  input: (path: string, value: string): Term => `i ${path}=${value}`,
  error: (word: string): Term => `e ${word}`,
  /** That it took at least two to the power of so many seconds. */
  lasting: (power: number): Term => `d ${power}`,
}

/** Words in small letters, each once. */
export const wordsOf = (text: string): readonly string[] => {
  const words =
    text
      .slice(0, max_error_length)
      .toLowerCase()
      .match(/[\p{L}\p{N}_]{1,64}/gu) ?? []
  return [...new Set(words)].slice(0, max_error_words)
}

/** Numbers and ids are as many as there are errors: they would make terms that each are found once. */
export const isPlainWord = (word: string): boolean => /^\p{L}{3,32}$/u.test(word)

export const errorWords = ({ error }: Pick<Execution, "error">): readonly string[] =>
  error === null ? [] : wordsOf(`${error.code} ${error.message}`)

type Value = readonly [path: string, text: string]

/** The single values in outputs or inputs, with where they are: `rows`, `report.size`. */
export const valuesIn = (given: Readonly<Record<string, unknown>> | null): readonly Value[] => {
  const found: Value[] = []
  const visit = (path: string, value: unknown, depth: number): void => {
    if (found.length >= max_values) return
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      if (depth >= max_depth) return
      for (const name of Object.keys(value).slice(0, max_values)) {
        visit(path === "" ? name : `${path}.${name}`, (value as Record<string, unknown>)[name], depth + 1)
      }
      return
    }
    const text = typeof value === "object" && value !== null ? "" : String(value)
    if (text.length <= max_value_length && !Array.isArray(value)) found.push([path, text])
  }
  if (given !== null) visit("", given, 0)
  return found
}

/** The greatest power of two seconds that this is not shorter than; negative for what is shorter than one. */
export const powerOf = (duration_ms: number): number => Math.floor(Math.log2(duration_ms / 1_000))

const lastings = (duration_ms: number | null): readonly Term[] => {
  if (duration_ms === null || duration_ms < 1_000) return []
  return Array.from({ length: powerOf(duration_ms) + 1 }, (_, power) => termOf.lasting(power))
}

/** What many have alike. */
export const sharedTerms = ({ workflow, task, type, worker_id, status }: Execution): readonly Term[] => [
  termOf.status(status),
  termOf.task(task),
  ...(workflow === null ? [] : [termOf.workflow(workflow)]),
  ...(type === null ? [] : [termOf.type(type)]),
  ...(worker_id === null ? [] : [termOf.worker(worker_id)]),
]

/** What each has for itself. */
export const ownTerms = (execution: Execution): readonly Term[] => [
  ...lastings(execution.duration_ms),
  ...errorWords(execution).filter(isPlainWord).map(termOf.error),
  ...valuesIn(execution.outputs).map(([path, text]) => termOf.output(path, text)),
]
