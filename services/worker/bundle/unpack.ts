import { chmod, mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { ConnectError } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import type { Attempt } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Execution } from "../executor/executor.ts"
import type { Failed } from "../executor/payload.ts"
import type { Bundles } from "./fetch.ts"

/** Puts the version's files into the folder that a task works in. Answers what went wrong, if anything. */
export type Unpack = (
  attempt: Pick<Attempt, "workspaceId">,
  execution: Pick<Execution, "task" | "folder">,
) => Promise<Failed | undefined>

const modes = { program: 0o755, plain: 0o644 } as const

export const unpackFiles =
  (bundles: Bundles): Unpack =>
  async ({ workspaceId: workspace_id }, { task, folder }) => {
    if (task.bundle === undefined) return undefined
    try {
      const work = join(folder, "work")
      for (const { path, executable, bytes } of await bundles({ workspace_id, digest: task.bundle })) {
        const target = join(work, path)
        await mkdir(dirname(target), { recursive: true, mode: modes.program })
        // The folder is the attempt's own and empty, so there is nothing that it could follow or replace.
        await writeFile(target, bytes, { flag: "wx" })
        // Whatever the worker's umask: the user of a container is somebody else.
        await chmod(target, executable ? modes.program : modes.plain)
      }
      return undefined
    } catch (error) {
      if (!(error instanceof Problem || error instanceof ConnectError)) throw error
      const is_gone = error instanceof Problem && error.code === "bundle.not_found"
      const remedy = is_gone ? " Push the workflow again with `wf push FILE`, which brings them back." : ""
      const message = `The files of this version could not be brought: ${error.message.replace(/\.?$/, ".")}${remedy}`
      return { ok: false, error: { code: "files.missing", message }, ...(is_gone && { non_retryable: true }) }
    }
  }
