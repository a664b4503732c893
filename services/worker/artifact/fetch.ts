import { createHash } from "node:crypto"
import { open, rm } from "node:fs/promises"
import { join } from "node:path"
import { type Client, ConnectError } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import { patiently } from "#kernel/rpc/patiently.ts"
import type { ArtifactService } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import type { Attempt } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Execution } from "../executor/executor.ts"
import { type Failed, stoppedBy } from "../executor/payload.ts"
import { type ChosenFile, chooseFiles, type Fetchable } from "./choose.ts"
import { NoPlace, placeFile, placeFolder } from "./place.ts"

/** Puts the artifacts that a task asks for into the folder that it works in. Answers what went wrong, if anything. */
export type FetchFiles = (
  attempt: Pick<Attempt, "workspaceId" | "runId">,
  execution: Pick<Execution, "task" | "folder" | "write" | "signal">,
) => Promise<Failed | undefined>

const list_ms = 60_000
const download_ms = 3_600_000

/** What is there changes while it is listed and brought: another task may replace a file. */
class Changed extends Error {}

type Artifacts = Pick<Client<typeof ArtifactService>, "list" | "fetch">

type Fetching = {
  readonly artifacts: Artifacts
  readonly attempt: Parameters<FetchFiles>[0]
  readonly execution: Parameters<FetchFiles>[1]
  /** The sums of those that are in their places, by their names: a further try leaves them. */
  readonly placed: Map<string, string>
}

export const fetchFiles =
  (artifacts: Artifacts): FetchFiles =>
  async (attempt, execution) => {
    const { task, signal } = execution
    if (!task.fetch || task.fetch.length === 0) return undefined
    const fetching: Fetching = { artifacts, attempt, execution, placed: new Map() }
    const patterns = task.fetch
    try {
      return await patiently(() => fetchAll(fetching, patterns), { isPassing, signal })
    } catch (error) {
      if (signal.aborted) return stoppedBy(signal)
      if (!isPassing(error)) throw error
      return notFetched(error)
    }
  }

const isPassing = (error: unknown): error is Error => {
  if (error instanceof Problem) return error.status >= 500 || error.code === "artifact.not_found"
  return error instanceof ConnectError || error instanceof Changed
}

/** A later attempt may find the store there again. */
const notFetched = (error: Error): Failed => ({
  ok: false,
  error: { code: "fetch.failed", message: `An artifact could not be fetched: ${error.message}` },
})

const refused = (code: string, message: string): Failed => ({
  ok: false,
  error: { code, message },
  non_retryable: true,
})

const fetchAll = async (fetching: Fetching, patterns: readonly string[]): Promise<Failed | undefined> => {
  const { execution, placed } = fetching
  execution.signal.throwIfAborted()
  const chosen = await chooseFiles(patterns, pagesOf(fetching))
  if (!chosen.ok) return refused(chosen.code, chosen.message)
  for (const file of chosen.files) {
    if (placed.get(file.name) === file.sha256) continue
    try {
      await fetchOne(fetching, file)
    } catch (error) {
      if (!(error instanceof NoPlace)) throw error
      const name = JSON.stringify(file.name).slice(0, 200)
      return refused(
        "fetch.no_place",
        `The artifact ${name} can't be put into the task's folder: ${error.message}.`,
      )
    }
    placed.set(file.name, file.sha256)
    await execution.write("system", `fetched ${file.name}`)
  }
  return undefined
}

async function* pagesOf({ artifacts, attempt, execution }: Fetching): AsyncGenerator<readonly Fetchable[]> {
  const { workspaceId, runId } = attempt
  const options = { timeoutMs: list_ms, signal: execution.signal }
  for await (const { files } of artifacts.list({ workspaceId, runId }, options)) {
    yield files.map(({ runId: run_id, name, sizeBytes, sha256 }) => ({
      ...{ run_id, name, sha256 },
      size_bytes: Number(sizeBytes),
    }))
  }
}

/** Beside the folder that the task sees until it is whole. */
const fetchOne = async (fetching: Fetching, file: ChosenFile): Promise<void> => {
  const { folder } = fetching.execution
  const path = join(folder, "fetched")
  try {
    await download(fetching, file, path)
    const work = join(folder, "work")
    if (file.as_folder) await placeFolder(work, file.name, path)
    if (file.as_file) await placeFile(work, file.name, path)
  } finally {
    await rm(path, { force: true })
  }
}

const download = async (
  { artifacts, attempt, execution }: Fetching,
  { run_id: runId, name, size_bytes, sha256 }: Fetchable,
  path: string,
): Promise<void> => {
  const options = { timeoutMs: download_ms, signal: execution.signal }
  const wanted = { workspaceId: attempt.workspaceId, runId, name }
  const hash = createHash("sha256")
  let got_bytes = 0
  const file = await open(path, "wx")
  try {
    // A call begins at once: between it and this loop nobody would take its failure.
    for await (const { bytes } of artifacts.fetch(wanted, options)) {
      got_bytes += bytes.length
      if (got_bytes > size_bytes) break
      hash.update(bytes)
      await file.writeFile(bytes)
    }
  } finally {
    await file.close()
  }
  if (got_bytes !== size_bytes || hash.digest("hex") !== sha256) {
    throw new Changed(`${JSON.stringify(name).slice(0, 200)} is not what was kept: its checksum is another`)
  }
}
