import { createHash } from "node:crypto"
import { Problem } from "#kernel/problem/problem.ts"
import { runId } from "#language/run-id.ts"
import { createStarter, type Starting } from "../run/starter.ts"
import { openSecrets } from "../secret/give.ts"
import type { Secrets } from "../secret/set.ts"
import { isFirstRefused, noteDelivery } from "./delivery.ts"
import { type Last, noteLast } from "./last.ts"
import type { Listening } from "./listen.ts"
import { mapTrigger } from "./map.ts"
import { type HookRequest, readRequest } from "./request.ts"
import { checkSignature, deliveryOf } from "./signature.ts"
import type { HookTokens } from "./token.ts"
import { type Hook, takeTurn, tooMany } from "./turn.ts"

export type Receiving = Starting & Secrets & { readonly tokens: HookTokens; readonly listening: Listening }

type Received = { readonly run_id: string } | { readonly skipped: string }

/** A request to a webhook's address; its body is read only if there is such a webhook. */
type Incoming = Omit<HookRequest, "body"> & { readonly readBody: () => Promise<Uint8Array> }

/** Begins a run, or says why it doesn't; the same delivery begins one run, for a day. */
export const receiveHook = (receiving: Receiving) => {
  const begin = createBeginning(receiving)
  const { database, tokens } = receiving
  return async (token: string, { readBody, ...incoming }: Incoming): Promise<Received> => {
    const hook = await database.run((sql) => takeTurn(sql, tokens.hashOf(token)))
    if (!hook) throw new Problem("hook.not_found")
    const note = noteOf(receiving, hook.id)
    if (!hook.has_turn) {
      const refused = tooMany()
      if (await database.run((sql) => isFirstRefused(sql, hook.id))) await note(refusedBy(refused))
      throw refused
    }
    try {
      const received = await begin(hook, { ...incoming, body: await readBody() })
      if ("run_id" in received) await note({ status: "started", reason: null, run_id: received.run_id })
      else await note({ status: "skipped", reason: received.skipped, run_id: null })
      return received
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error
      await note(refusedBy(error))
      throw error
    }
  }
}

type Became = Omit<Last, "trigger_id">

const noteOf =
  ({ database }: Receiving, trigger_id: string) =>
  async (last: Became): Promise<void> => {
    await database.run((sql) => noteDelivery(sql, { trigger_id, ...last }))
    await database.run((sql) => noteLast(sql, [{ trigger_id, ...last }]))
  }

/** Those who send are to blame for the one, and what is sent for the other. */
const refusedBy = ({ status, code, message }: Problem): Became => ({
  status: status === 401 || status === 429 ? "refused" : "failed",
  reason: `${code}: ${message}`,
  run_id: null,
})

const createBeginning = (receiving: Receiving) => {
  const start = createStarter(receiving)
  const { kit } = receiving
  return async (hook: Hook, request: HookRequest): Promise<Received> => {
    const now = kit.now()
    const delivery = await deliveryIn(receiving, hook, { ...request, now })
    const happened = { ...readRequest(request, now), name: hook.name }
    const mapped = mapTrigger(hook.settings, happened, now.toISOString())
    if ("skipped" in mapped) return mapped
    const { workspace_id, workflow } = hook
    try {
      const { run_id } = await start({
        ...{ workspace_id, workflow, version: undefined, inputs: mapped.inputs },
        idempotency_key: delivery === undefined ? undefined : `hook ${hook.id} ${digestOf(delivery)}`,
        ...{ traceparent: undefined, rerun: undefined, happened },
        automatic: { trigger: "webhook", run_id: runId(kit.id()), at: now, body: hook.id },
      })
      return { run_id }
    } catch (error) {
      if (error instanceof Problem && error.code === "concurrency.full") return { skipped: error.message }
      throw error
    }
  }
}

/** Ids of deliveries are whatever a sender writes, and of any length. */
const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

const deliveryIn = async (
  { database, vault }: Receiving,
  { settings, workspace_id }: Hook,
  request: HookRequest & { readonly now: Date },
): Promise<string | undefined> => {
  const { secret: name } = settings
  if (name === undefined) return deliveryOf(request.headers)
  const { values } = await openSecrets({ database, vault }, workspace_id, [name])
  const secret = values[name]
  if (secret === undefined) throw unsigned(`the secret ${name} is not set: nothing can be signed by it`)
  const { fault, delivery } = checkSignature({ ...request, webhook: settings, secret })
  if (fault !== undefined) throw unsigned(fault)
  return delivery
}

const unsigned = (detail: string): Problem => new Problem("hook.not_signed", { detail })
