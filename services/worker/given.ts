import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { compile } from "#language/plan.ts"
import { type Task, taskSchema } from "#language/schema.ts"
import type { Execution, Executor, LogStream, Outcome } from "./executor/executor.ts"
import { openCgroups } from "./process/cgroup.ts"
import type { Families } from "./process/family.ts"
import type { ProcessLimits } from "./process/limits.ts"
import { markedFamilies } from "./process/marked.ts"
import { startReaper } from "./process/reaper.ts"
import type { Ground } from "./process/run.ts"

type Wanted = {
  readonly context?: Execution["context"]
  readonly signal?: AbortSignal
  readonly onLine?: (text: string) => void
  readonly write?: Execution["write"]
  /** Is called with the task's folder before the task begins. */
  readonly prepare?: (folder: string) => void
}

type Ran = {
  readonly outcome: Outcome
  readonly lines: readonly (readonly [LogStream, string])[]
  readonly folder: string
}

type Given = {
  readonly ground: Ground
  /** Runs one attempt of a task as a definition has it. */
  run(executor: Executor, task: Task, wanted?: Wanted): Promise<Ran>
  close(): Promise<void>
}

const usual_limits: ProcessLimits = {
  max_memory_bytes: 2 * 1024 ** 3,
  max_processes: 500,
  max_open_files: 1_024,
  max_output_bytes: 64 * 1024 ** 2,
}

const ground = ({
  limits,
  families,
}: {
  limits?: Partial<ProcessLimits>
  families?: Families
} = {}): Given => {
  const base = mkdtempSync(join(tmpdir(), "wf-worker-test-"))
  const used = families ?? openCgroups(`test-${crypto.randomUUID()}`) ?? markedFamilies
  const reaper = startReaper({ cgroup: used.cgroup, folder: base })
  let count = 0
  return {
    ground: { reaper, families: used, limits: { ...usual_limits, ...limits } },
    async run(executor, task, wanted = {}) {
      const [planned] = compile({ name: "test", tasks: { only: taskSchema.parse(task) } }).tasks
      if (!planned) throw new Error("there is no task")
      count += 1
      const folder = mkdtempSync(join(base, `attempt-${count}-`))
      wanted.prepare?.(folder)
      const lines: [LogStream, string][] = []
      const outcome = await executor({
        ...{
          workspace_id: "workspace",
          run_id: "run",
          task_run_id: `task-${count}`,
          attempt: 1,
          task: planned,
          folder,
        },
        context: wanted.context ?? {
          inputs: {},
          env: {},
          tasks: {},
          run: { id: "run", workflow: "test", version: 1 },
        },
        write:
          wanted.write ??
          (async (stream, text) => {
            lines.push([stream, text])
            wanted.onLine?.(text)
          }),
        signal: wanted.signal ?? new AbortController().signal,
      })
      return { outcome, lines, folder }
    },
    async close() {
      await reaper.stop()
      used.close()
      rmSync(base, { recursive: true, force: true })
    },
  }
}

export const given = { ground }
