import type { Client } from "@connectrpc/connect"
import type { ExpressionContext } from "#language/expressions.ts"
import type { ArtifactService } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import type { Attempt } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { isReference, type Reference } from "./reference.ts"

/** Puts the values of large outputs back into what a task may see. */
export type Restore = (attempt: Attempt, context: ExpressionContext) => Promise<ExpressionContext>

/** Of all that one attempt sees. */
const max_restored_bytes = 64 * 1024 * 1024
const download_ms = 600_000

/** Whether any of the outputs that it reads is somewhere else. */
export const hasReferences = ({ tasks }: ExpressionContext): boolean =>
  tasks !== undefined && Object.values(tasks).some(({ outputs }) => Object.values(outputs).some(isReference))

export const restoreOutputs =
  (artifacts: Client<typeof ArtifactService>): Restore =>
  async (attempt, context) => {
    const found = Object.entries(context.tasks ?? {}).flatMap(([task, { outputs }]) =>
      Object.entries(outputs).flatMap(([key, value]) =>
        isReference(value) ? [{ task, key, reference: value }] : [],
      ),
    )
    if (found.length === 0) return context
    const tasks: Record<string, { status: string; outputs: Record<string, unknown> }> = {}
    for (const [name, { status, outputs }] of Object.entries(context.tasks ?? {})) {
      tasks[name] = { status, outputs: { ...outputs } }
    }
    let left_bytes = max_restored_bytes
    for (const { task, key, reference } of found) {
      const text = await fetched(artifacts, attempt, { reference, max_bytes: left_bytes })
      left_bytes -= Buffer.byteLength(text)
      const outputs = tasks[task]?.outputs
      if (outputs) outputs[key] = JSON.parse(text) as unknown
    }
    return { ...context, tasks }
  }

type Wanted = { readonly reference: Reference; readonly max_bytes: number }

const fetched = async (
  artifacts: Client<typeof ArtifactService>,
  { workspaceId }: Attempt,
  { reference, max_bytes }: Wanted,
): Promise<string> => {
  const { $artifact: name, run_id: runId } = reference
  const pieces: Uint8Array[] = []
  let size_bytes = 0
  const answer = artifacts.fetch({ workspaceId, runId, name }, { timeoutMs: download_ms })
  for await (const { bytes } of answer) {
    size_bytes += bytes.length
    if (size_bytes > max_bytes) {
      throw new Error(`the large outputs that it reads have more than ${max_restored_bytes} bytes together`)
    }
    pieces.push(bytes)
  }
  return Buffer.concat(pieces).toString("utf8")
}
