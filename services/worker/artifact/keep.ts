import { lstat, realpath } from "node:fs/promises"
import { basename, join } from "node:path"
import { type Client, ConnectError } from "@connectrpc/connect"
import { archive_ending, packFolder } from "#kernel/archive/pack.ts"
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
      const found = await findKept(work, patterns)
      if (found.length > max_files) {
        const message = `More than ${max_files} files match \`artifacts\`, and no more are kept: pack them into one, or narrow the patterns.`
        return { error: { code: "artifact.too_many", message } }
      }
      for (const one of found) {
        const { name, ...content } = contentOf(work, one)
        const kept_as = keptAs(attempt, name)
        await execution.write("system", `keeping ${kept_as}`)
        await upload(artifacts, attempt, { ...content, name: kept_as, limit_ms: upload_ms })
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

type Kept = { readonly name: string; readonly is_folder: boolean }

const contentOf = (work: string, { name, is_folder }: Kept) => {
  const path = join(work, name)
  if (is_folder) {
    const content = packFolder(path, basename(name))
    return { name: `${name}${archive_ending}`, contentType: "application/gzip", content }
  }
  const file = Bun.file(path)
  return { name, contentType: file.type, sizeBytes: BigInt(file.size), content: file.stream() }
}

/** A pattern that ends with a slash is one of folders, which are packed. */
const findKept = async (folder: string, patterns: readonly string[]): Promise<readonly Kept[]> => {
  const work = await realpath(folder).catch(() => undefined)
  if (work === undefined) return []
  const found = new Map<string, Kept>()
  for (const pattern of patterns) {
    const is_folder = pattern.endsWith("/")
    for await (const name of ownNames(work, pattern.replace(/\/$/, ""), is_folder)) {
      found.set(`${name}${is_folder ? "/" : ""}`, { name, is_folder })
      // One more than may be is enough to know.
      if (found.size > max_files) return [...found.values()]
    }
  }
  return [...found.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** Regular files or folders only, and by no link on the way: a link could name what isn't the task's. */
async function* ownNames(work: string, pattern: string, is_folder: boolean): AsyncGenerator<string> {
  const found = new Bun.Glob(pattern).scan({
    ...{ cwd: work, onlyFiles: !is_folder, followSymlinks: false, dot: true },
  })
  for await (const given of found) {
    const name = given.replace(/\/$/, "")
    const path = join(work, name)
    if (!path.startsWith(`${work}/`)) continue
    const there = await lstat(path)
    if (!(is_folder ? there.isDirectory() : there.isFile()) || (await realpath(path)) !== path) continue
    yield name
  }
}

/** Items of a task write files of the same name: each has its own folder in the run. */
const keptAs = ({ task }: Attempt, name: string): string => (isItemName(task) ? `${task}/${name}` : name)
