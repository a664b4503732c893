import type { Context } from "hono"
import type { Actor } from "#kernel/auth/actor.ts"
import { addressOf } from "#kernel/http/address.ts"
import type { AppEnvironment } from "#kernel/http/app.ts"

/** From where somebody asks. */
export type Origin = { readonly device: string; readonly address: string | undefined }

/** Who asks for something, and from where, which is told to the audit log. */
export type Caller = Actor & { readonly origin?: Origin }

const max_device_chars = 200

const originIn = (request: Request): Origin => ({
  device: (request.headers.get("user-agent") ?? "").replaceAll(/\p{C}/gu, "").slice(0, max_device_chars),
  address: addressOf(request),
})

export const originOf = (context: Context<AppEnvironment>): Origin => originIn(context.req.raw)

export const callerOf = (request: Request, actor: Actor): Caller => ({ ...actor, origin: originIn(request) })

export const callerIn = (context: Context<AppEnvironment>): Caller =>
  callerOf(context.req.raw, context.get("actor"))
