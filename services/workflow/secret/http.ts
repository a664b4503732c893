import { createRoute } from "@hono/zod-openapi"
import { callerIn } from "#kernel/audit/caller.ts"
import type { App } from "#kernel/http/app.ts"
import { bearer, jsonAnswer, jsonBody, page, pageQuery, refusals } from "#kernel/http/shapes.ts"
import { nameText } from "../workflow/shape.ts"
import type { Giving } from "./give.ts"
import { giveAttemptSecrets } from "./give-attempt.ts"
import { deleteSecret, listSecrets } from "./list.ts"
import { rotateKey } from "./rotate.ts"
import { setSecret } from "./set.ts"
import { givenShape, giveShape, rotatedShape, secretPath, secretShape, setSecretShape } from "./shape.ts"

const root = "/api/v1/secrets"

const listRoute = createRoute({
  method: "get",
  path: root,
  operationId: "listSecrets",
  summary: "List the names of secrets",
  security: bearer,
  request: { query: pageQuery.extend({ cursor: nameText.optional() }) },
  responses: { 200: jsonAnswer("The names of the secrets", page(secretShape)), ...refusals },
})

const setRoute = createRoute({
  method: "put",
  path: `${root}/{name}`,
  operationId: "setSecret",
  summary: "Set a secret",
  security: bearer,
  request: { params: secretPath, body: jsonBody(setSecretShape) },
  responses: {
    200: jsonAnswer("It has another value now", secretShape),
    201: jsonAnswer("It was made", secretShape),
    ...refusals,
  },
})

const deleteRoute = createRoute({
  method: "delete",
  path: `${root}/{name}`,
  operationId: "deleteSecret",
  summary: "Delete a secret",
  security: bearer,
  request: { params: secretPath },
  responses: { 204: { description: "It is gone" }, ...refusals },
})

const rotateRoute = createRoute({
  method: "post",
  path: `${root}/rotate-key`,
  operationId: "rotateSecretKey",
  summary: "Encrypt all secrets under a new key",
  security: bearer,
  responses: { 200: jsonAnswer("All of them are encrypted under a new key", rotatedShape), ...refusals },
})

const giveRoute = createRoute({
  method: "post",
  path: `${root}/give`,
  operationId: "giveSecrets",
  summary: "Get what a running task needs of secrets, as a worker of your own",
  security: bearer,
  request: { body: jsonBody(giveShape) },
  responses: {
    200: jsonAnswer("What the running task declares, for its worker", givenShape),
    ...refusals,
  },
})

export const mountSecrets = (app: App, secrets: Giving): void => {
  const list = listSecrets(secrets.database)
  const set = setSecret(secrets)
  const remove = deleteSecret(secrets.database)
  const rotate = rotateKey(secrets)
  app.openapi(listRoute, async (context) =>
    context.json(await list(context.get("actor"), context.req.valid("query")), 200),
  )
  app.openapi(setRoute, async (context) => {
    const { name } = context.req.valid("param")
    const { value } = context.req.valid("json")
    const { secret, created } = await set(callerIn(context), { name, value })
    return created ? context.json(secret, 201) : context.json(secret, 200)
  })
  app.openapi(deleteRoute, async (context) => {
    await remove(callerIn(context), context.req.valid("param").name)
    return context.body(null, 204)
  })
  const give = giveAttemptSecrets(secrets)
  app.openapi(giveRoute, async (context) => {
    const { task_run_id, token } = context.req.valid("json")
    const given = await give(context.get("actor"), { task_run_id, token: BigInt(token) })
    return context.json({ values: { ...given.values }, missing: [...given.missing] }, 200)
  })
  app.openapi(rotateRoute, async (context) => context.json({ rotated: await rotate(callerIn(context)) }, 200))
}
