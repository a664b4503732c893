import { asText, interpolate } from "#language/expressions.ts"
import type { Execution, TaskError } from "../executor/executor.ts"

/** What a kernel takes: of one variable with its name, and of all together with room for the arguments. */
const max_variable_bytes = 128 * 1024 - 1
const max_total_bytes = 1024 * 1024

/** The variables that a task declares, the workflow's first, with their values filled in. */
export const declaredEnvironment = ({
  task,
  context,
}: Pick<Execution, "task" | "context">): Record<string, string> => {
  const shared = filled(context.env, context, {})
  return { ...shared, ...filled(task.env, context, shared) }
}

const filled = (
  templates: Readonly<Record<string, string>> = {},
  context: Execution["context"],
  env: Readonly<Record<string, string>>,
): Record<string, string> => {
  const names = Object.keys(templates)
  if (names.length === 0) return {}
  const read = { ...context, env }
  return Object.fromEntries(names.map((name) => [name, asText(interpolate(templates[name], read))]))
}

/** All that a task sees of this machine, and nothing of the worker's own environment. */
export const baseEnvironment = (execution: Execution, home: string, output: string) => ({
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: home,
  LANG: "C.UTF-8",
  WF_RUN_ID: execution.run_id,
  WF_TASK: execution.task.name,
  WF_ATTEMPT: String(execution.attempt),
  WF_OUTPUT: output,
})

/** What no process could be started with. */
export const environmentFault = (env: Readonly<Record<string, string>>): TaskError | undefined => {
  let total_bytes = 0
  for (const [name, value] of Object.entries(env)) {
    if (value.includes("\0")) return { code: "env.invalid", message: `The variable ${name} contains a NUL.` }
    const bytes = Buffer.byteLength(name) + Buffer.byteLength(value) + 2
    total_bytes += bytes
    if (bytes > max_variable_bytes) {
      const message = `The variable ${name} has ${bytes} bytes; a process takes at most ${max_variable_bytes}: pass it as a file or an output.`
      return { code: "env.too_large", message }
    }
  }
  if (total_bytes <= max_total_bytes) return undefined
  const message = `The variables have ${total_bytes} bytes together; a process is given at most ${max_total_bytes}: pass large ones as files.`
  return { code: "env.too_large", message }
}
