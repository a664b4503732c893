import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import { type App, createApp, type Doors } from "#kernel/http/app.ts"
import { attachment, parseRange, rangeHeaders } from "#kernel/http/download.ts"
import { bearer, idText, jsonAnswer, jsonBody, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { listArtifacts } from "./artifact/list.ts"
import { openArtifact, presignArtifact, showArtifact } from "./artifact/open.ts"
import { removeArtifact } from "./artifact/remove.ts"
import { type Artifact, artifactShape, presignedShape } from "./artifact/shape.ts"
import { uploadArtifact } from "./artifact/upload.ts"
import type { ArtifactStore } from "./store.ts"

const runPath = z.object({ run_id: idText })
const filePath = runPath.extend({ name: z.string().min(1).max(500) })

/** Names have slashes, so the name takes all that is left of the path. */
const file = "/api/v1/runs/{run_id}/artifacts/{name}{.+}"
const bytes = { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } }

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/runs/{run_id}/artifacts",
  operationId: "listArtifacts",
  security: bearer,
  request: { params: runPath, query: pageQuery },
  responses: { 200: jsonAnswer("The files of the run, by name", page(artifactShape)), ...refusals },
})

const putRoute = createRoute({
  method: "put",
  path: file,
  operationId: "putArtifact",
  security: bearer,
  request: { params: filePath, body: { content: bytes } },
  responses: { 201: jsonAnswer("The stored file", artifactShape), ...refusals },
})

const getRoute = createRoute({
  method: "get",
  path: file,
  operationId: "getArtifact",
  security: bearer,
  request: { params: filePath, headers: z.object({ range: z.string().optional() }) },
  responses: {
    200: { description: "The file", content: bytes },
    206: { description: "The range that was asked for", content: bytes },
    ...refusals,
  },
})

const deleteRoute = createRoute({
  method: "delete",
  path: file,
  operationId: "deleteArtifact",
  security: bearer,
  request: { params: filePath },
  responses: { 204: { description: "Removed" }, ...refusals },
})

const default_link_s = 900
const max_link_s = 86_400

const presignShape = z.object({ expires_s: z.int().min(1).max(max_link_s).default(default_link_s) })

const presignRoute = createRoute({
  method: "post",
  path: `${file}/presign` as const,
  operationId: "presignArtifact",
  security: bearer,
  request: {
    params: filePath,
    body: { ...jsonBody(presignShape), required: false as const },
  },
  responses: { 200: jsonAnswer("A link that needs no token", presignedShape), ...refusals },
})

const describing = (artifact: Artifact): Record<string, string> => ({
  etag: `"${artifact.sha256}"`,
  "x-checksum-sha256": artifact.sha256,
  ...attachment(artifact.name.split("/").at(-1) ?? artifact.name, artifact.content_type),
})

export const artifactHttp = (store: ArtifactStore, doors: Doors): App => {
  const app = createApp(doors, { streamed: /\/artifacts\/.+(?<!\/presign)$/ })
  const list = listArtifacts(store)
  const upload = uploadArtifact(store)
  const show = showArtifact(store)
  const open = openArtifact(store)
  const remove = removeArtifact(store)
  const presign = presignArtifact(store)

  app.openapi(listRoute, async (context) => {
    const { limit, cursor } = context.req.valid("query")
    const { run_id } = context.req.valid("param")
    return context.json(await list(context.get("actor"), { run_id, limit, cursor }), 200)
  })
  app.openapi(presignRoute, async (context) => {
    const { expires_s = default_link_s } = context.req.valid("json") ?? {}
    const wanted = { ...context.req.valid("param"), expires_s }
    return context.json(await presign(context.get("actor"), wanted), 200)
  })
  app.openapi(putRoute, async (context) => {
    const body = context.req.raw.body ?? new Blob([]).stream()
    const content_type = context.req.header("content-type")
    const stored = await upload(callerIn(context), { ...context.req.valid("param"), content_type, body })
    return context.json(stored, 201)
  })
  app.openapi(getRoute, async (context) => {
    const wanted = context.req.valid("param")
    // Hono answers HEAD by this route too; no byte needs to be read for it.
    if (context.req.method === "HEAD") {
      const artifact = await show(context.get("actor"), wanted)
      return new Response(null, {
        headers: { ...rangeHeaders(undefined, artifact.size_bytes).headers, ...describing(artifact) },
      })
    }
    const range = parseRange(context.req.valid("header").range)
    const { artifact, opened } = await open(context.get("actor"), { ...wanted, range })
    const { status, headers } = rangeHeaders(range, opened.size_bytes)
    return new Response(opened.body, { status, headers: { ...headers, ...describing(artifact) } })
  })
  app.openapi(deleteRoute, async (context) => {
    await remove(callerIn(context), context.req.valid("param"))
    return context.body(null, 204)
  })
  return app
}
