import type { Client } from "@connectrpc/connect"
import { limits } from "#language/limits.ts"
import type { ArtifactService } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import type { Attempt } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { TaskError } from "../executor/executor.ts"
import type { Reference } from "./reference.ts"
import { upload } from "./upload.ts"

type Outputs = Readonly<Record<string, unknown>>

/** Brings outputs that are too large to the artifacts of the run, and puts references in their places. */
export type Spill = (attempt: Attempt, outputs: Outputs) => Promise<Spilled>

type Spilled =
  | { readonly ok: true; readonly outputs: Outputs }
  | { readonly ok: false; readonly error: TaskError }

const max_spilled = 50
const upload_ms = 600_000

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? "null")

export const spillOutputs =
  (artifacts: Client<typeof ArtifactService>): Spill =>
  async (attempt, outputs) => {
    let left_bytes = bytesOf(outputs)
    if (left_bytes <= limits.max_outputs_bytes) return { ok: true, outputs }
    if (attempt.runId === "") return tooLarge(left_bytes, "a job has no artifacts to keep them in")
    const kept: Record<string, unknown> = { ...outputs }
    const largest = Object.entries(outputs)
      .map(([key, value]) => ({ key, bytes: bytesOf(value) }))
      .toSorted((one, other) => other.bytes - one.bytes)
    for (const { key, bytes } of largest.slice(0, max_spilled)) {
      if (left_bytes <= limits.max_outputs_bytes) break
      const reference = await store(artifacts, attempt, { key, value: kept[key] })
      kept[key] = reference
      left_bytes += bytesOf(reference) - bytes
    }
    return left_bytes <= limits.max_outputs_bytes
      ? { ok: true, outputs: kept }
      : tooLarge(left_bytes, `too much is left when the largest ${max_spilled} are kept as artifacts`)
  }

const tooLarge = (bytes: number, why: string): Spilled => ({
  ok: false,
  error: {
    code: "outputs.too_large",
    message: `The outputs have ${bytes} bytes, more than ${limits.max_outputs_bytes}, and ${why}: write large data to a file.`,
  },
})

type Large = { readonly key: string; readonly value: unknown }

const store = async (
  artifacts: Client<typeof ArtifactService>,
  attempt: Attempt,
  { key, value }: Large,
): Promise<Reference> => {
  const { runId, task } = attempt
  const name = `.wf/outputs/${task.replaceAll(/[/\\]/g, "_")}/${key}.json`
  const { sizeBytes, sha256 } = await upload(artifacts, attempt, {
    ...{ name, contentType: "application/json", limit_ms: upload_ms },
    content: [Buffer.from(JSON.stringify(value))],
  })
  return { $artifact: name, run_id: runId, size_bytes: Number(sizeBytes), sha256 }
}
