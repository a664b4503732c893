import { lstat, realpath } from "node:fs/promises"
import { join } from "node:path"
import { type Client, ConnectError } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import { isItemName } from "#language/each.ts"
import type { ArtifactService } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import type { Attempt } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Execution, TaskError } from "../executor/executor.ts"
import { upload } from "./upload.ts"

/** What went wrong. */
export type NotKept = { readonly error: TaskError; readonly non_retryable?: true }

/** Stores the files that a task declares. Answers what went wrong, if anything. */
export type KeepArtifacts = (execution: Execution, attempt: Attempt) => Promise<NotKept | undefined>

const max_files = 1_000
const upload_ms = 3_600_000

export const keepArtifacts =
  (artifacts: Client<typeof ArtifactService>): KeepArtifacts =>
  async (execution, attempt) => {
    const patterns = execution.task.artifacts
    if (patterns.length === 0) return undefined
    const work = join(execution.folder, "work")
    try {
      const names = await findFiles(work, patterns)
      if (names.length > max_files) {
        const message = `More than ${max_files} files match \`artifacts\`, and no more are kept: pack them into one, or narrow the patterns.`
        return { error: { code: "artifact.too_many", message } }
      }
      for (const name of names) {
        const kept_as = keptAs(attempt, name)
        await execution.write("system", `keeping ${kept_as}`)
        const file = Bun.file(join(work, name))
        const named = { name: kept_as, contentType: file.type, sizeBytes: BigInt(file.size) }
        await upload(artifacts, attempt, { ...named, content: file.stream(), limit_ms: upload_ms })
      }
      return undefined
    } catch (error) {
      if (!(error instanceof Problem || error instanceof ConnectError)) throw error
      const message = `A file of this task could not be stored: ${error.message}`
      // The name will be the other task's for as long as the run is there.
      const isTaken = error instanceof Problem && error.code === "artifact.name_taken"
      if (isTaken) return { error: { code: "artifact.name_taken", message }, non_retryable: true }
      return { error: { code: "artifact.not_stored", message } }
    }
  }

/** Regular files only, and by no link on the way: a link could name what isn't the task's. */
const findFiles = async (folder: string, patterns: readonly string[]): Promise<readonly string[]> => {
  const work = await realpath(folder).catch(() => undefined)
  if (work === undefined) return []
  const names = new Set<string>()
  const isOwn = (path: string) => path.startsWith(`${work}/`)
  for (const pattern of patterns) {
    const found = new Bun.Glob(pattern).scan({ cwd: work, onlyFiles: true, followSymlinks: false, dot: true })
    for await (const name of found) {
      const path = join(work, name)
      if (!isOwn(path) || !(await lstat(path)).isFile() || (await realpath(path)) !== path) continue
      names.add(name)
      // One more than may be is enough to know.
      if (names.size > max_files) return [...names]
    }
  }
  return [...names].sort()
}

/** Items of a task write files of the same name: each has its own folder in the run. */
const keptAs = ({ task }: Attempt, name: string): string => (isItemName(task) ? `${task}/${name}` : name)
