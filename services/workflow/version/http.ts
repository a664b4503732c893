import { createRoute, z } from "@hono/zod-openapi"
import type { Database } from "#kernel/database/database.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { nameText } from "../workflow/shape.ts"
import { listVersions } from "./list.ts"
import { versionShape } from "./shape.ts"
import { showVersion } from "./show.ts"

const max_version = 2 ** 31 - 1

const versionNumber = z.coerce.number().int().min(1).max(max_version)

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/workflows/{name}/versions",
  operationId: "listVersions",
  summary: "List the versions of a workflow",
  security: bearer,
  request: {
    params: z.object({ name: nameText }),
    query: pageQuery.extend({ cursor: versionNumber.optional() }),
  },
  responses: { 200: jsonAnswer("Versions, newest first", page(versionShape)), ...refusals },
})

const showRoute = createRoute({
  method: "get",
  path: "/api/v1/workflows/{name}/versions/{version}",
  operationId: "getVersion",
  summary: "Show a version of a workflow",
  security: bearer,
  request: { params: z.object({ name: nameText, version: versionNumber }) },
  responses: { 200: jsonAnswer("The version", versionShape), ...refusals },
})

export const mountVersions = (app: App, database: Database): void => {
  const list = listVersions(database)
  const show = showVersion(database)
  app.openapi(listRoute, async (context) => {
    const wanted = { ...context.req.valid("param"), ...context.req.valid("query") }
    return context.json(await list(context.get("actor"), wanted), 200)
  })
  app.openapi(showRoute, async (context) =>
    context.json(await show(context.get("actor"), context.req.valid("param")), 200),
  )
}
