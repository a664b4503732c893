import { lstat, realpath } from "node:fs/promises"
import { join } from "node:path"
import { z } from "zod"
import { parseOutputs } from "#language/outputs.ts"
import type { ScriptContext } from "#language/script-context.ts"
import { scriptSettings } from "#language/tasks/script.ts"
import { baseEnvironment, declaredEnvironment } from "../process/environment.ts"
import { max_large_outputs_bytes, readOutputs } from "../process/outputs.ts"
import { type Command, type Ended, type Ground, runProcess } from "../process/run.ts"
import { prepareFolder } from "../process/scratch.ts"
import type { Given } from "../script/exchange.ts"
import type { Execution, Executor, Outcome } from "./executor.ts"
import { exitError } from "./exit-error.ts"
import { type Failed, filledPayloadOf, withExpressions } from "./payload.ts"

const runner = join(import.meta.dir, "../script/main.ts")

/** Nothing is installed or read that the task didn't bring; nothing is written beside its files. */
const runtime = ["--no-install", "--no-env-file"]
const runtime_env = { BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0" }

type Prepared = { readonly command: Command; readonly result: string }

/** Runs TypeScript or JavaScript in a process of its own, never in the worker's. */
export const script =
  (ground: Ground): Executor =>
  async (execution) => {
    const prepared = await withExpressions(() => prepare(execution))
    if ("ok" in prepared) return prepared
    const ended = await runProcess(ground, execution, prepared.command)
    if ("refused" in ended) return { ok: false, error: ended.refused, non_retryable: true }
    return outcomeOf(ended, prepared)
  }

const prepare = async (execution: Execution): Promise<Prepared | Failed> => {
  const { folder } = execution
  const { work, output } = await prepareFolder(folder)
  const env = declaredEnvironment(execution)
  const filled = filledPayloadOf(scriptSettings, execution, env)
  if (!filled.ok) return filled
  const { code, file, data = null } = filled.payload
  const module_path = code === undefined ? await fileIn(work, file ?? "") : join(work, ".script.ts")
  if (module_path === undefined) return missing(file ?? "")
  if (code !== undefined) await Bun.write(module_path, code)
  const paths = { given: join(folder, "given.json"), result: join(folder, "result.json") }
  const context = contextOf(execution, env, data)
  await Bun.write(
    paths.given,
    JSON.stringify({ module_path, is_inline: code !== undefined, context } satisfies Given),
  )
  const base = baseEnvironment(execution, work, output)
  const words = [process.execPath, ...runtime, runner, paths.given, paths.result]
  return { command: { words, env: { ...base, ...runtime_env, ...env }, work, output }, result: paths.result }
}

const contextOf = (
  { context, attempt }: Execution,
  env: Readonly<Record<string, string>>,
  data: unknown,
): Omit<ScriptContext, "log" | "outputs"> => ({
  inputs: context.inputs ?? {},
  tasks: context.tasks ?? {},
  env,
  secrets: context.secrets ?? {},
  run: context.run ?? { id: "", workflow: "", version: 0 },
  item: Reflect.get(context, "item") ?? null,
  data,
  attempt,
})

/** A file of the task's own: by no link does another one take its place. */
const fileIn = async (work: string, file: string): Promise<string | undefined> => {
  const path = join(await realpath(work), file)
  const found = await lstat(path).catch(() => undefined)
  return found?.isFile() === true && (await realpath(path)) === path ? path : undefined
}

const missing = (file: string): Failed => ({
  ok: false,
  non_retryable: true,
  error: {
    code: "script.missing",
    message: `There is no file ${JSON.stringify(file)} in the task's folder.`,
  },
})

const returnedSchema = z.union([
  z.object({ ok: z.literal(true), outputs: z.record(z.string(), z.unknown()) }),
  z.object({
    ok: z.literal(false),
    code: z.string(),
    message: z.string(),
    non_retryable: z.boolean(),
    retry_after_ms: z.number().min(0).optional(),
  }),
])

/** Undefined when it left none: it ended before its function returned. */
const readReturned = async (path: string) => {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isFile() !== true) return undefined
  if (found.size > max_large_outputs_bytes) {
    const message = `The script returned ${found.size} bytes; at most ${max_large_outputs_bytes} can be kept: write large data to a file and declare it under \`artifacts\`.`
    return { ok: false as const, code: "outputs.too_large", message, non_retryable: true }
  }
  const parsed = returnedSchema.safeParse(JSON.parse(await Bun.file(path).text()))
  return parsed.success ? parsed.data : undefined
}

const max_message_chars = 2_000

const outcomeOf = async (
  { stopped, usage, last_error }: Ended,
  { command, result }: Prepared,
): Promise<Outcome> => {
  if (stopped) return { ok: false, error: stopped, usage }
  const returned = await readReturned(result)
  if (returned?.ok === false) {
    const { code, message, non_retryable, retry_after_ms } = returned
    const error = { code, message: message.slice(0, max_message_chars) }
    return { ok: false, error, non_retryable, ...(retry_after_ms !== undefined && { retry_after_ms }), usage }
  }
  if (usage.exit_code !== 0) return { ok: false, error: exitError(usage, last_error), usage }
  if (!returned) {
    const message = "The script's process ended before its function had returned."
    return { ok: false, error: { code: "script.unfinished", message }, usage }
  }
  const written = await readOutputs(command.output)
  const parsed = written.ok
    ? parseOutputs(JSON.stringify(returned.outputs), max_large_outputs_bytes)
    : written
  if (!(written.ok && parsed.ok)) {
    const message = `The outputs of the script can't be kept: ${parsed.ok ? "" : parsed.error}`
    return { ok: false, error: { code: "outputs.invalid", message }, non_retryable: true, usage }
  }
  return { ok: true, outputs: { ...written.values, ...parsed.values }, usage }
}
