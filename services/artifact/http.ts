import { createRoute, z } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import { type App, createApp } from "#kernel/http/app.ts"
import type { Doors } from "#kernel/http/door.ts"
import { attachment, parseRange, rangeHeaders } from "#kernel/http/download.ts"
import { bearer, idText, jsonAnswer, jsonBody, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { linkUpload } from "./artifact/link.ts"
import { listArtifacts } from "./artifact/list.ts"
import { openArtifact, presignArtifact, showArtifact } from "./artifact/open.ts"
import { removeArtifact } from "./artifact/remove.ts"
import { type Artifact, artifactShape, presignedShape } from "./artifact/shape.ts"
import { uploadArtifact } from "./artifact/upload.ts"
import type { ArtifactStore } from "./store.ts"
import { mountWorkspaceFiles } from "./workspace/http.ts"

const runPath = z.object({ run_id: idText })
const filePath = runPath.extend({ name: z.string().min(1).max(500) })

/** Names have slashes, so the name takes all that is left of the path. */
const file = "/api/v1/runs/{run_id}/artifacts/{name}{.+}"
const bytes = { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } }

/** In hexadecimal digits, as the answer has it; a file that has another is not kept. */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/runs/{run_id}/artifacts",
  operationId: "listArtifacts",
  summary: "List the artifacts of a run",
  security: bearer,
  request: {
    params: runPath,
    query: pageQuery.extend({
      task: z.string().max(200).optional(),
      name: z
        .string()
        .max(500)
        .optional()
        .openapi({ description: "With `*` for any characters, and `?` for any one." }),
    }),
  },
  responses: { 200: jsonAnswer("The files of the run, by name", page(artifactShape)), ...refusals },
})

const putRoute = createRoute({
  method: "put",
  path: file,
  operationId: "putArtifact",
  summary: "Upload an artifact",
  security: bearer,
  request: {
    params: filePath,
    headers: z.object({ "x-checksum-sha256": sha256.optional() }),
    body: { content: bytes },
  },
  responses: { 201: jsonAnswer("The stored file", artifactShape), ...refusals },
})

/** A file's ETag is its checksum in quotes. */
const conditions = z.object({
  range: z.string().optional(),
  "if-none-match": z.string().max(2_000).optional(),
  "if-range": z.string().max(200).optional(),
})

const getRoute = createRoute({
  method: "get",
  path: file,
  operationId: "getArtifact",
  summary: "Download an artifact",
  security: bearer,
  request: { params: filePath, headers: conditions },
  responses: {
    200: { description: "The file", content: bytes },
    206: { description: "The range that was asked for", content: bytes },
    304: { description: "It is the file that the caller has" },
    ...refusals,
  },
})

const deleteRoute = createRoute({
  method: "delete",
  path: file,
  operationId: "deleteArtifact",
  summary: "Delete an artifact",
  security: bearer,
  request: { params: filePath },
  responses: { 204: { description: "Removed" }, ...refusals },
})

const default_link_s = 900
const max_link_s = 86_400

const expires_s = z.int().min(1).max(max_link_s).default(default_link_s)

const presignShape = z.union([
  z.strictObject({ method: z.literal("GET").default("GET"), expires_s }),
  z.strictObject({
    method: z.literal("PUT").openapi({
      description:
        "The file is the run's as soon as what is told here, and nothing else, was sent to the link.",
    }),
    size_bytes: z.int().min(0),
    sha256: sha256.optional(),
    content_type: z.string().max(200).optional(),
    expires_s,
  }),
])

const presignRoute = createRoute({
  method: "post",
  path: `${file}/presign` as const,
  operationId: "presignArtifact",
  summary: "Get an address to upload or download an artifact without a token",
  security: bearer,
  request: {
    params: filePath,
    body: { ...jsonBody(presignShape), required: false as const },
  },
  responses: { 200: jsonAnswer("A link that needs no token", presignedShape), ...refusals },
})

const tagOf = ({ sha256: sum }: Artifact): string => `"${sum}"`

const isAmong = (tags: string, artifact: Artifact): boolean =>
  tags.split(",").some((tag) => ["*", tagOf(artifact)].includes(tag.trim().replace(/^W\//, "")))

const describing = (artifact: Artifact): Record<string, string> => ({
  etag: tagOf(artifact),
  "x-checksum-sha256": artifact.sha256,
  ...attachment(artifact.name.split("/").at(-1) ?? artifact.name, artifact.content_type),
})

/** Undefined for a body that comes in pieces. */
const lengthOf = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined

export const artifactHttp = (store: ArtifactStore, doors: Doors): App => {
  const app = createApp(doors, { streamed: /\/artifacts\/.+(?<!\/presign)$/ })
  const list = listArtifacts(store)
  const upload = uploadArtifact(store)
  const show = showArtifact(store)
  const open = openArtifact(store)
  const remove = removeArtifact(store)
  const presign = presignArtifact(store)
  const link = linkUpload(store)

  mountWorkspaceFiles(app, store)
  app.openapi(listRoute, async (context) => {
    const listing = { ...context.req.valid("param"), ...context.req.valid("query") }
    return context.json(await list(context.get("actor"), listing), 200)
  })
  app.openapi(presignRoute, async (context) => {
    const file = context.req.valid("param")
    const asked = context.req.valid("json") ?? { method: "GET", expires_s: default_link_s }
    if (asked.method === "GET")
      return context.json(await presign(context.get("actor"), { ...file, ...asked }), 200)
    const { size_bytes, sha256, content_type, expires_s } = asked
    const wanted = { ...file, content_type, expires_s, expected: { size_bytes, sha256 } }
    return context.json(await link(callerIn(context), wanted), 200)
  })
  app.openapi(putRoute, async (context) => {
    const body = context.req.raw.body ?? new Blob([]).stream()
    const told = {
      content_type: context.req.header("content-type"),
      size_bytes: lengthOf(context.req.header("content-length")),
      expected: { sha256: context.req.valid("header")["x-checksum-sha256"] },
    }
    const stored = await upload(callerIn(context), { ...context.req.valid("param"), ...told, body })
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
    const { range: asked, "if-none-match": known, "if-range": of } = context.req.valid("header")
    const artifact = await show(context.get("actor"), wanted)
    if (known !== undefined && isAmong(known, artifact)) {
      return new Response(null, { status: 304, headers: describing(artifact) })
    }
    const range = of === undefined || of === tagOf(artifact) ? parseRange(asked) : undefined
    const opened = await open(artifact, range)
    const { status, headers } = rangeHeaders(range, opened.size_bytes)
    return new Response(opened.body, { status, headers: { ...headers, ...describing(artifact) } })
  })
  app.openapi(deleteRoute, async (context) => {
    await remove(callerIn(context), context.req.valid("param"))
    return context.body(null, 204)
  })
  return app
}
