import { Problem } from "#kernel/problem/problem.ts"
import { onlyFor } from "#kernel/rpc/callers.ts"
import type { Routes } from "#kernel/rpc/server.ts"
import {
  type ArtifactHeader,
  ArtifactService,
  type StoreRequest,
} from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import { fetchArtifact } from "./artifact/fetch.ts"
import { type Fetchable, findFetchable } from "./artifact/find.ts"
import { keepArtifact } from "./artifact/keep.ts"
import type { ArtifactStore } from "./store.ts"

/** Workers bring the files of their tasks here; they are believed about whose they are. */
export const artifactRpc = (store: ArtifactStore): Routes => {
  const keep = keepArtifact(store)
  const fetchOne = fetchArtifact(store)
  const find = findFetchable(store)
  return (router) =>
    router.service(ArtifactService, {
      async store(requests, context) {
        onlyFor(context, "worker")
        const { header, body } = await unpack(requests)
        const {
          workspaceId: workspace_id,
          runId: run_id,
          task,
          attempt,
          name,
          contentType: content_type,
        } = header
        const size_bytes = Number(header.sizeBytes)
        const kept = await keep({
          ...{ workspace_id, run_id, task, attempt, name, content_type, size_bytes, body },
        })
        return { artifactId: kept.id, sizeBytes: BigInt(kept.size_bytes), sha256: kept.sha256 }
      },
      async *list({ workspaceId: workspace_id, runId: run_id }, context) {
        onlyFor(context, "worker")
        for await (const found of find({ workspace_id, run_id })) yield { files: found.map(listed) }
      },
      async *fetch({ workspaceId: workspace_id, runId: run_id, name }, context) {
        onlyFor(context, "worker")
        const body = await fetchOne({ workspace_id, run_id, name })
        for await (const bytes of body) yield { bytes }
      },
    })
}

const listed = ({ run_id: runId, name, size_bytes, sha256 }: Fetchable) => ({
  ...{ runId, name, sha256 },
  sizeBytes: BigInt(size_bytes),
})

type Unpacked = { readonly header: ArtifactHeader; readonly body: ReadableStream<Uint8Array> }

/** The first message says what it is; all further ones are its bytes. */
const unpack = async (requests: AsyncIterable<StoreRequest>): Promise<Unpacked> => {
  const messages = requests[Symbol.asyncIterator]()
  const first = await messages.next()
  if (first.done || first.value.part.case !== "header") {
    throw new Problem("request.malformed", { detail: "The first message must be the header." })
  }
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await messages.next()
      if (next.done) controller.close()
      else if (next.value.part.case === "bytes") controller.enqueue(next.value.part.value)
    },
  })
  return { header: first.value.part.value, body }
}
