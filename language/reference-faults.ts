import { type Root, roots } from "./cel.ts"
import type { Fault } from "./fault.ts"
import type { Place } from "./places.ts"
import type { Reference } from "./references.ts"
import type { Upstream } from "./upstream.ts"

export type Known = {
  readonly inputs: readonly string[]
  /** Each task with the outputs it declares, if it declares any. */
  readonly tasks: ReadonlyMap<string, readonly string[] | undefined>
  readonly upstream: Upstream
}

export type Finding = Pick<Fault, "message" | "word" | "known">

const run_fields = ["id", "workflow", "version"]
const trigger_fields = ["type", "name", "scheduled_at", "at", "body", "headers", "query", "event", "run"]

/** What is wrong with a name that an expression reads. */
export const meaningOf = (reference: Reference, place: Place, known: Known): Finding | undefined => {
  const { root, path } = reference
  const [name] = path
  if (!isRoot(root)) return { message: `unknown name \`${root.slice(0, 100)}\``, word: root, known: roots }
  if (!place.roots.has(root)) return elsewhere(root, name, place)
  if (root === "inputs") return named("input", name, known.inputs)
  if (root === "env") return named("variable", name, place.env)
  if (root === "run") return named("field of run", name, run_fields)
  if (root === "trigger") return named("field of trigger", name, trigger_fields)
  if (root === "secrets") return secretFinding(name, place)
  if (root === "matrix") return named("axis of the matrix", name, place.axes ?? [])
  return root === "tasks" ? taskFinding(path, place, known) : undefined
}

const isRoot = (name: string): name is Root => roots.some((root) => root === name)

const elsewhere = (root: Root, name: string | undefined, place: Place): Finding => {
  if (root === "tasks") return { message: "`tasks` can't be read here: no task has run yet" }
  if (root === "env" && place.task === undefined) {
    return {
      message: name === undefined ? "`env` can't be read here" : `unknown variable \`${name.slice(0, 100)}\``,
    }
  }
  if (root === "secrets" && place.is_wait) {
    return {
      message:
        "`secrets` can't be read here: no worker runs this task, and whoever sees the run sees what it is given",
    }
  }
  if (root === "secrets") {
    return {
      message:
        "`secrets` can be read only in `run`, `with` and `env` of a task, whose `secrets` name them; a function gets its own from its worker",
    }
  }
  if (root === "matrix" && place.roots.has("item"))
    return { message: "this task has a `for_each`: read `item`" }
  if ((root === "item" || root === "matrix" || root === "index") && place.task !== undefined) {
    return {
      message: `\`${root}\` is known only in \`run\`, \`with\`, \`env\` and \`cache\` of a task with \`for_each\` or \`matrix\``,
    }
  }
  return { message: `\`${root}\` can't be read here` }
}

const named = (what: string, name: string | undefined, known: readonly string[]): Finding | undefined => {
  if (name === undefined || known.includes(name)) return undefined
  return { message: `unknown ${what} \`${name.slice(0, 100)}\``, word: name, known }
}

const secretFinding = (name: string | undefined, { secrets }: Place): Finding | undefined => {
  if (name === undefined) return { message: "name the secret: `secrets.NAME`" }
  if (secrets.includes(name)) return undefined
  const shown = name.slice(0, 100)
  return {
    message: `the task isn't given the secret \`${shown}\`: add it to the task's \`secrets\``,
    word: name,
    known: secrets,
  }
}

const taskFinding = (
  [name, field, output]: readonly string[],
  { task }: Place,
  known: Known,
): Finding | undefined => {
  if (task === undefined) return { message: "`tasks` can't be read here: no task has run yet" }
  if (name === undefined) return { message: "name the task: `tasks.NAME.outputs.KEY` or `tasks.NAME.status`" }
  if (!known.tasks.has(name)) return unknownTask(name, known)
  if (name === task) return { message: `task \`${task}\` reads itself` }
  // What a run answers is put together when all have ended.
  if (task !== "" && !known.upstream(name, task)) {
    return {
      message: `task \`${task}\` reads \`${name}\` without needing it: add \`${name}\` to its \`needs\``,
    }
  }
  if (field !== "outputs" && field !== "status") {
    const message = `a task has \`outputs\` and \`status\`${field === undefined ? "" : `, not \`${field}\``}`
    return field === undefined ? { message } : { message, word: field, known: ["outputs", "status"] }
  }
  const declared = known.tasks.get(name)
  if (field === "outputs" && declared) return named(`output of \`${name}\``, output, declared)
  return undefined
}

const unknownTask = (name: string, known: Known): Finding => {
  const message = `unknown task \`${name.slice(0, 100)}\``
  // `tasks.build-it` reads as a subtraction, which is hard to see.
  const dashed = [...known.tasks.keys()].find((one) => one.startsWith(`${name}-`))
  if (dashed !== undefined) return { message: `${message}; a name with a dash is written tasks["${dashed}"]` }
  return { message, word: name, known: known.tasks.keys() }
}
