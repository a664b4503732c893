import { createRoute } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { retentionShape, setRetentionShape } from "#kernel/http/retention.ts"
import { bearer, jsonAnswer, jsonBody, refusals } from "#kernel/http/shapes.ts"
import type { ArtifactStore } from "../store.ts"
import { setArtifactRetention, showArtifactRetention } from "./retention.ts"
import { showUsage, usageShape } from "./usage.ts"

const usageRoute = createRoute({
  method: "get",
  path: "/api/v1/artifacts/usage",
  operationId: "getArtifactUsage",
  summary: "Show how much room artifacts take",
  security: bearer,
  responses: { 200: jsonAnswer("What the workspace keeps, and may keep", usageShape), ...refusals },
})

const retention_path = "/api/v1/artifacts/retention"

const retentionRoute = createRoute({
  method: "get",
  path: retention_path,
  operationId: "showArtifactRetention",
  summary: "Show how long artifacts are kept",
  security: bearer,
  responses: { 200: jsonAnswer("How long files are kept, if their run is", retentionShape), ...refusals },
})

const setRetentionRoute = createRoute({
  method: "put",
  path: retention_path,
  operationId: "setArtifactRetention",
  summary: "Set how long artifacts are kept",
  security: bearer,
  description:
    "For this workspace, and no longer than the platform keeps them. What is older is removed soon.",
  request: { body: jsonBody(setRetentionShape) },
  responses: { 200: jsonAnswer("As it is from now on", retentionShape), ...refusals },
})

/** What there is to be said about all files of a workspace. */
export const mountWorkspaceFiles = (app: App, store: ArtifactStore): void => {
  const usage = showUsage(store)
  const showRetention = showArtifactRetention(store)
  const setRetention = setArtifactRetention(store)
  app.openapi(retentionRoute, async (context) => context.json(await showRetention(context.get("actor")), 200))
  app.openapi(setRetentionRoute, async (context) =>
    context.json(await setRetention(callerIn(context), context.req.valid("json")), 200),
  )
  app.openapi(usageRoute, async (context) => context.json(await usage(context.get("actor")), 200))
}
