import { createRoute } from "@hono/zod-openapi"
import type { App } from "#kernel/http/app.ts"
import { readerOf } from "#kernel/http/reader.ts"
import { bearer, idPage, jsonAnswer, page, refusals } from "#kernel/http/shapes.ts"
import { textStream } from "#kernel/http/text-stream.ts"
import type { Iam } from "../iam.ts"
import { exportAudit } from "./export.ts"
import { listAudit } from "./list.ts"
import { auditEntryShape, auditFilter } from "./shape.ts"

const path = "/api/v1/audit"
const lines_type: string = "application/x-ndjson"

const listRoute = createRoute({
  method: "get",
  path,
  operationId: "listAudit",
  summary: "List who did what",
  security: bearer,
  request: { query: idPage.extend(auditFilter.shape) },
  responses: { 200: jsonAnswer("Who did what, newest first", page(auditEntryShape)), ...refusals },
})

const exportRoute = createRoute({
  method: "get",
  path: `${path}/export`,
  operationId: "exportAudit",
  summary: "Export who did what, as lines of JSON",
  security: bearer,
  request: { query: auditFilter },
  responses: {
    200: {
      description: "All of it, newest first, an entry a line",
      content: { [lines_type]: { schema: auditEntryShape } },
    },
    ...refusals,
  },
})

export const mountAudit = (app: App, iam: Iam): void => {
  const list = listAudit(iam.database)
  const all = exportAudit(iam.database)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(exportRoute, async (context) => {
    const entries = await all(context.get("actor"), context.req.valid("query"))
    const headers = { "content-type": lines_type, "cache-control": "no-store" }
    return textStream(entries, (entry) => `${JSON.stringify(entry)}\n`, {
      headers,
      reader: readerOf(context),
    })
  })
}
