import { chmod, mkdir } from "node:fs/promises"
import { join } from "node:path"
import { shellScript } from "#language/shell.ts"
import { containerSettings } from "#language/tasks/container.ts"
import { type Container, startScript } from "../container/arguments.ts"
import { type Ending, endingOf, isImageMissing } from "../container/ending.ts"
import type { ContainerGuard } from "../container/guard.ts"
import { ask, type Found, type Tool } from "../container/tool.ts"
import { declaredEnvironment } from "../process/environment.ts"
import { limitsOf, type ProcessLimits } from "../process/limits.ts"
import { readOutputs } from "../process/outputs.ts"
import { type Command, type Ended, type Ground, runProcess } from "../process/run.ts"
import { prepareFolder } from "../process/scratch.ts"
import { outOfMemory } from "../process/watch.ts"
import type { Execution, Executor, Outcome, TaskError, Usage } from "./executor.ts"
import { exitError } from "./exit-error.ts"
import { type Failed, filledPayloadOf, withExpressions } from "./payload.ts"

export type ContainerOptions = Ground & {
  readonly worker_id: string
  readonly tool: () => Promise<Found>
  readonly guard: ContainerGuard
}

/** Inside of the container. */
const places = { work: "/work", output: "/wf-output" } as const

/** What the tool may use on top of what the task may: some of it stands in the task's family, and so does a pull. */
const tool_share = { memory_bytes: 1024 ** 3, processes: 1_000, open_files: 4_096 }

const withTool = (limits: ProcessLimits): ProcessLimits => ({
  ...limits,
  max_memory_bytes: limits.max_memory_bytes + tool_share.memory_bytes,
  max_processes: limits.max_processes + tool_share.processes,
  max_open_files: Math.max(limits.max_open_files, tool_share.open_files),
})

/** Runs an image with docker or podman, the task's folder in it as /work. */
export const container =
  (options: ContainerOptions): Executor =>
  async (execution) => {
    const found = await options.tool()
    if (!found.ok) return unavailable(found.reason)
    const prepared = await withExpressions(() => prepare(options, execution, found.tool))
    if ("ok" in prepared) return prepared
    const { given, command } = prepared
    options.guard.watch(found.tool)
    try {
      const ended = await runProcess(options, execution, command)
      if ("refused" in ended) return { ok: false, error: ended.refused, non_retryable: true }
      const ending = await endingOf(found.tool, { name: given.name, folder: command.work })
      return await outcomeOf(ended, { ...prepared, ...ending })
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

const max_said_chars = 500
const max_mark_chars = 12

/** What the tool has failed at may work the next time; an image that isn't there will not be there then. */
const notStarted = ({ image, pull }: Container, said: string, usage: Usage): Failed => {
  const hint = said.slice(0, max_said_chars)
  if (!isImageMissing(said)) {
    const message = `The container could not be started: ${hint}`
    return { ok: false, error: { code: "container.failed", message }, usage }
  }
  const next =
    pull === "never"
      ? "`pull` is never: load it where the worker runs, or let it be pulled"
      : "Check its name and tag, and whether the worker's docker or podman is signed in to its registry"
  const message = `There is no image ${image} for this worker. ${next}. It was said: ${hint}`
  return { ok: false, error: { code: "container.no_image", message }, non_retryable: true, usage }
}

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
  const held = limitsOf(task.limits, limits)
  // An attempt that was lost with its worker comes again under its number, perhaps beside what is left of it.
  const name = `wf-${task_run_id}-${attempt}-${worker_id.slice(-max_mark_chars)}`
  const given: Container = {
    ...{ name, worker_id, image, command, pull, network, user, cpus },
    script: script?.script,
    env: { ...facts, ...declared, ...script?.env },
    mounts: [
      [work, places.work],
      [output, places.output],
    ],
    work: workdir ?? places.work,
    limits: held,
  }
  const start = join(folder, "start")
  await Bun.write(start, startScript(tool, given))
  // A folder of the tool's own: what it leaves where it stands is none of the task's files.
  const own = join(folder, "tool")
  await mkdir(own)
  const words = ["/bin/sh", start]
  return { given, command: { words, env: undefined, work: own, output, limits: withTool(held) } }
}

/** 128 and SIGKILL: not every tool sees on every kernel that it was the memory. */
const killed = 137

const killedError = ({ limits: { max_memory_bytes } }: Container, said: string): TaskError => {
  const mib = Math.round(max_memory_bytes / 1024 ** 2)
  const why = `what runs in it was killed, as it is when it needs more than its ${mib} MiB (\`limits.memory\`)`
  return {
    code: "task.exit",
    message: `exit code ${killed}: ${why}. ${said.slice(0, max_said_chars)}`.trim(),
  }
}

type Done = Prepared & Ending

const outcomeOf = async (
  ended: Ended,
  { given, command, was_started, out_of_memory }: Done,
): Promise<Outcome> => {
  // What was measured is the tool, not what ran in the container.
  const usage = { ...ended.usage, cpu_ms: 0, max_memory_bytes: 0 }
  if (ended.stopped) return { ok: false, error: ended.stopped, usage }
  if (out_of_memory) return { ok: false, error: outOfMemory(given.limits), usage }
  if (usage.exit_code !== 0 && !was_started) return notStarted(given, ended.last_error, usage)
  if (usage.exit_code === killed) return { ok: false, error: killedError(given, ended.last_error), usage }
  if (usage.exit_code !== 0) return { ok: false, error: exitError(usage, ended.last_error), usage }
  const parsed = await readOutputs(command.output)
  if (parsed.ok) return { ok: true, outputs: parsed.values, usage }
  const message = `What the task wrote to $WF_OUTPUT can't be read: ${parsed.error}`
  return { ok: false, error: { code: "outputs.invalid", message }, non_retryable: true, usage }
}
