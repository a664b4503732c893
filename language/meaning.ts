import { ExpressionError, readExpression, roots } from "./cel.ts"
import type { Fault, Path } from "./fault.ts"
import type { Reference } from "./references.ts"
import { splitTemplate } from "./template.ts"
import type { Upstream } from "./upstream.ts"

/** What the expressions of a definition may name. */
export type Names = {
  readonly inputs: readonly string[]
  readonly env: readonly string[]
  /** Each task with the outputs it declares, if it declares any. */
  readonly tasks: ReadonlyMap<string, readonly string[] | undefined>
  readonly upstream: Upstream
}

/** One text with expressions: where it is, whose it is, and which variables it may read. */
type Text = {
  readonly text: string
  readonly path: Path
  readonly task?: string
  readonly env: readonly string[]
  /** Where a run's inputs are made of what starts it: what is known of that. */
  readonly trigger?: readonly string[]
}

type Finding = Pick<Fault, "message" | "word" | "known">

/** Everything that can be known about a text's expressions before anything runs. */
export const textFaults = (text: Text, names: Names): Fault[] => {
  const split = splitTemplate(text.text)
  if (!split.ok) return [{ path: text.path, message: split.message }]
  const faults: Fault[] = []
  let expression = 0
  for (const part of split.parts) {
    if ("text" in part) continue
    const at = (finding: Finding, offset: number): Fault => ({
      ...finding,
      path: text.path,
      spot: { expression, offset },
    })
    faults.push(...expressionFaults(part.expression, (reference) => meaning(reference, text, names), at))
    expression += 1
  }
  return faults
}

const expressionFaults = (
  source: string,
  find: (reference: Reference) => Finding | undefined,
  at: (finding: Finding, offset: number) => Fault,
): Fault[] => {
  try {
    const expression = readExpression(source)
    const faults: Fault[] = []
    for (const reference of expression.references) {
      const finding = find(reference)
      if (finding) faults.push(at(finding, reference.offset))
    }
    const misfit = faults.length === 0 ? expression.check() : undefined
    return misfit ? [at({ message: misfit.message }, misfit.offset)] : faults
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return [at({ message: `this is no valid expression: ${error.message}` }, error.offset)]
  }
}

const meaning = (reference: Reference, text: Text, names: Names): Finding | undefined => {
  const { root, path } = reference
  const [name] = path
  if (text.trigger) {
    if (root === "trigger") return named("field of trigger", name, text.trigger)
    return { message: "nothing but `trigger` can be read here: the run hasn't begun" }
  }
  if (root === "trigger") return { message: "`trigger` is read in the inputs of a schedule" }
  if (root === "inputs") return named("input", name, names.inputs)
  if (root === "env") return named("variable", name, text.env)
  if (root === "run") return named("field of run", name, ["id", "workflow", "version"])
  if (root === "tasks") return taskMeaning(path, text, names)
  if (root === "secrets") return { message: "`secrets` is not available in this version yet" }
  return { message: `unknown name \`${root.slice(0, 100)}\``, word: root, known: roots }
}

const named = (what: string, name: string | undefined, known: readonly string[]): Finding | undefined => {
  if (name === undefined || known.includes(name)) return undefined
  return { message: `unknown ${what} \`${name.slice(0, 100)}\``, word: name, known }
}

const taskMeaning = (
  [name, field, output]: readonly string[],
  text: Text,
  names: Names,
): Finding | undefined => {
  const { task } = text
  if (task === undefined) return { message: "`tasks` can't be read here: no task has run yet" }
  if (name === undefined) return { message: "name the task: `tasks.NAME.outputs.KEY` or `tasks.NAME.status`" }
  if (!names.tasks.has(name)) return unknownTask(name, names)
  if (name === task) return { message: `task \`${task}\` reads itself` }
  if (!names.upstream(name, task)) {
    return {
      message: `task \`${task}\` reads \`${name}\` without needing it: add \`${name}\` to its \`needs\``,
    }
  }
  if (field !== "outputs" && field !== "status") {
    const message = `a task has \`outputs\` and \`status\`${field === undefined ? "" : `, not \`${field}\``}`
    return field === undefined ? { message } : { message, word: field, known: ["outputs", "status"] }
  }
  const declared = names.tasks.get(name)
  if (field === "outputs" && declared) return named(`output of \`${name}\``, output, declared)
  return undefined
}

const unknownTask = (name: string, names: Names): Finding => {
  const message = `unknown task \`${name.slice(0, 100)}\``
  // `tasks.build-it` reads as a subtraction, which is hard to see.
  const dashed = [...names.tasks.keys()].find((known) => known.startsWith(`${name}-`))
  if (dashed !== undefined) return { message: `${message}; a name with a dash is written tasks["${dashed}"]` }
  return { message, word: name, known: names.tasks.keys() }
}
