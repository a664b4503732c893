import { join } from "node:path"
import { z } from "zod"
import { shellScript } from "#language/shell.ts"
import { baseEnvironment, declaredEnvironment } from "../process/environment.ts"
import { readOutputs } from "../process/outputs.ts"
import { type Command, type Ended, type Ground, runProcess } from "../process/run.ts"
import { prepareFolder } from "../process/scratch.ts"
import type { Execution, Executor, Outcome } from "./executor.ts"
import { exitError } from "./exit-error.ts"
import { type Failed, payloadOf, withExpressions } from "./payload.ts"

/** Runs a script with `sh`, in a process group and folder of its own, with a clean environment. */
export const shell =
  (ground: Ground): Executor =>
  async (execution) => {
    const command = await prepare(execution)
    if ("ok" in command) return command
    const ended = await runProcess(ground, execution, command)
    if ("refused" in ended) return { ok: false, error: ended.refused, non_retryable: true }
    return outcomeOf(ended, command.output)
  }

const prepare = async (execution: Execution): Promise<Command | Failed> => {
  const given = payloadOf(z.looseObject({ run: z.unknown() }), execution)
  if (!given.ok) return given
  return withExpressions(async () => {
    const declared = declaredEnvironment(execution)
    const context = { ...execution.context, env: declared }
    const { script, env } = shellScript(String(given.payload.run ?? ""), context)
    const { work, output } = await prepareFolder(execution.folder)
    const path = join(execution.folder, "script")
    await Bun.write(path, script)
    const base = baseEnvironment(execution, work, output)
    return { words: ["/bin/sh", path], env: { ...base, ...declared, ...env }, work, output }
  })
}

const outcomeOf = async ({ stopped, usage, last_error }: Ended, output: string): Promise<Outcome> => {
  if (stopped) return { ok: false, error: stopped, usage }
  if (usage.exit_code !== 0) return { ok: false, error: exitError(usage, last_error), usage }
  const parsed = await readOutputs(output)
  if (parsed.ok) return { ok: true, outputs: parsed.values, usage }
  const message = `What the task wrote to $WF_OUTPUT can't be read: ${parsed.error}`
  return { ok: false, error: { code: "outputs.invalid", message }, non_retryable: true, usage }
}
