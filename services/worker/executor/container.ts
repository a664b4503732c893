import { chmod } from "node:fs/promises"
import { join } from "node:path"
import { shellScript } from "#language/shell.ts"
import { containerSettings } from "#language/tasks/container.ts"
import { type Container, startScript } from "../container/arguments.ts"
import { ask, type Found, type Tool } from "../container/tool.ts"
import { declaredEnvironment } from "../process/environment.ts"
import { limitsOf } from "../process/limits.ts"
import { readOutputs } from "../process/outputs.ts"
import { type Command, type Ended, type Ground, runProcess } from "../process/run.ts"
import { prepareFolder } from "../process/scratch.ts"
import { outOfMemory } from "../process/watch.ts"
import type { Execution, Executor, Outcome } from "./executor.ts"
import { exitError } from "./exit-error.ts"
import { type Failed, filledPayloadOf, withExpressions } from "./payload.ts"

export type ContainerOptions = Ground & {
  readonly worker_id: string
  readonly tool: () => Promise<Found>
}

/** Inside of the container. */
const places = { work: "/work", output: "/wf-output" } as const

/** What docker and podman exit with when it is they that failed. */
const tool_failed = 125

/** Runs an image with docker or podman, the task's folder in it as /work. */
export const container =
  (options: ContainerOptions): Executor =>
  async (execution) => {
    const found = await options.tool()
    if (!found.ok) return unavailable(found.reason)
    const prepared = await withExpressions(() => prepare(options, execution, found.tool))
    if ("ok" in prepared) return prepared
    const { given, command } = prepared
    try {
      const ended = await runProcess(options, execution, command)
      if ("refused" in ended) return { ok: false, error: ended.refused, non_retryable: true }
      const was_killed = await ask(found.tool, ["inspect", "--format", "{{.State.OOMKilled}}", given.name])
      return await outcomeOf(ended, { ...prepared, out_of_memory: was_killed === "true" })
    } finally {
      // Also when the tool was killed: what it had started goes on without it.
      await ask(found.tool, ["rm", "--force", given.name])
    }
  }

const unavailable = (reason: string): Failed => ({
  ok: false,
  error: {
    code: "container.unavailable",
    message: `This worker can't run containers: ${reason}. Install docker or podman where it runs, or send the task to a queue whose workers have one.`,
  },
})

type Prepared = { readonly given: Container; readonly command: Command }

const prepare = async (
  { worker_id, limits }: ContainerOptions,
  execution: Execution,
  tool: Tool,
): Promise<Prepared | Failed> => {
  const { folder, task, task_run_id, attempt, run_id } = execution
  const declared = declaredEnvironment(execution)
  const { run, ...rest } = task.with
  const filled = filledPayloadOf(containerSettings, { ...execution, task: { ...task, with: rest } }, declared)
  if (!filled.ok) return filled
  const { image, command = [], workdir, pull = "missing", network = "bridge", user, cpus } = filled.payload
  const script =
    run === undefined ? undefined : shellScript(String(run), { ...execution.context, env: declared })
  const { work, output } = await prepareFolder(folder)
  // Whoever the image runs as: the folder above them lets nobody else in.
  await chmod(work, 0o777)
  await chmod(output, 0o666)
  const facts = {
    WF_RUN_ID: run_id,
    WF_TASK: task.name,
    WF_ATTEMPT: String(attempt),
    WF_OUTPUT: places.output,
  }
  const given: Container = {
    ...{ name: `wf-${task_run_id}-${attempt}`, worker_id, image, command, pull, network, user, cpus },
    script: script?.script,
    env: { ...facts, ...declared, ...script?.env },
    mounts: [
      [work, places.work],
      [output, places.output],
    ],
    work: workdir ?? places.work,
    limits: limitsOf(task.limits, limits),
  }
  const start = join(folder, "start")
  await Bun.write(start, startScript(tool, given))
  return { given, command: { words: ["/bin/sh", start], env: undefined, work, output } }
}

type Done = Prepared & { readonly out_of_memory: boolean }

const outcomeOf = async (ended: Ended, { given, command, out_of_memory }: Done): Promise<Outcome> => {
  // What was measured is the tool, not what ran in the container.
  const usage = { ...ended.usage, cpu_ms: 0, max_memory_bytes: 0 }
  if (ended.stopped) return { ok: false, error: ended.stopped, usage }
  if (out_of_memory) return { ok: false, error: outOfMemory(given.limits), usage }
  if (usage.exit_code === tool_failed) {
    const message = `The container could not be started: ${ended.last_error.slice(0, 500)}`
    return { ok: false, error: { code: "container.failed", message }, usage }
  }
  if (usage.exit_code !== 0) return { ok: false, error: exitError(usage, ended.last_error), usage }
  const parsed = await readOutputs(command.output)
  if (parsed.ok) return { ok: true, outputs: parsed.values, usage }
  const message = `What the task wrote to $WF_OUTPUT can't be read: ${parsed.error}`
  return { ok: false, error: { code: "outputs.invalid", message }, non_retryable: true, usage }
}
