import { type DescMethod, getOption } from "@bufbuild/protobuf"
import { type ContextValues, createContextKey, type HandlerContext } from "@connectrpc/connect"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Allowance } from "#kernel/auth/allowance.ts"
import type { Authenticate } from "#kernel/auth/authenticate.ts"
import { revocation } from "#kernel/auth/revocation.ts"
import type { ServiceIdentity, ServiceTokens } from "#kernel/auth/service-token.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { Callers, callers } from "#proto/generated/wf/access/v1/access_pb.ts"

type Caller =
  | { readonly kind: "service"; readonly identity: ServiceIdentity }
  | { readonly kind: "user"; readonly actor: Actor }
  | { readonly kind: "anybody" }

export type CallerChecks = {
  readonly service: string
  readonly tokens: ServiceTokens
  /** Without it nobody but services is let in, also where proto/ opens a method to users. */
  readonly authenticate?: Authenticate
  readonly allowance?: Allowance | undefined
}

/** What of a request tells who sent it. */
type Asked = {
  readonly header: { get(name: string): string | null }
  readonly method: DescMethod
  readonly contextValues: ContextValues
}

const callerKey = createContextKey<Caller | undefined>(undefined, { description: "who calls" })

/** To read an option takes an object for each time; a method's never changes. */
const known_callers = new WeakMap<DescMethod, Callers>()

const callersOf = (method: DescMethod): Callers => {
  const known = known_callers.get(method)
  if (known !== undefined) return known
  const read = getOption(method, callers)
  known_callers.set(method, read)
  return read
}

const isFor = (method: DescMethod, who: Callers): boolean => callersOf(method) === who

const callerOf = async (
  { header, method }: Asked,
  { service, tokens, authenticate }: CallerChecks,
): Promise<Caller> => {
  if (isFor(method, Callers.ANYBODY)) return { kind: "anybody" }
  const authorization = header.get("authorization") ?? undefined
  const identity = await tokens.verify(authorization?.replace(/^Bearer /i, "") ?? "", service)
  if (identity) return { kind: "service", identity }
  if (!authenticate || !isFor(method, Callers.USERS)) {
    throw new Problem("auth.required", { detail: "Only the platform's own services may call this." })
  }
  const workspace = header.get("wf-workspace") ?? undefined
  return { kind: "user", actor: await authenticate({ authorization, workspace }) }
}

/** Lets in whom proto/ says that a method is for, and refuses anybody else. */
export const admit = async (asked: Asked, checks: CallerChecks): Promise<void> => {
  const caller = await callerOf(asked, checks)
  if (caller.kind === "user") checks.allowance?.spend(caller.actor.user_id)
  asked.contextValues.set(callerKey, caller)
}

/** A user's stream ends with what let them in; services' streams are theirs for as long as they run. */
export async function* whileAdmitted<Message>(
  messages: AsyncIterable<Message>,
  asked: Asked,
  checks: CallerChecks,
): AsyncGenerator<Message> {
  const caller = asked.contextValues.get(callerKey)
  if (caller?.kind !== "user") {
    yield* messages
    return
  }
  const { during, stop } = revocation(async () => {
    const again = await callerOf(asked, checks)
    const isSame = again.kind === "user" && again.actor.workspace_id === caller.actor.workspace_id
    if (!isSame) throw new Problem("auth.invalid")
  })
  const iterator = messages[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await during(iterator.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    stop()
    // One that waits for news ends when it has some: nobody waits for it here.
    void iterator.return?.()
  }
}

const callerIn = (context: HandlerContext): Caller => {
  const caller = context.values.get(callerKey)
  if (!caller) throw new Problem("auth.required")
  return caller
}

/** The service that calls a method that is for services only. */
export const callingService = (context: HandlerContext): ServiceIdentity => {
  const caller = callerIn(context)
  if (caller.kind !== "service") throw new Problem("auth.required")
  return caller.identity
}

/** Refuses all other services. */
export const onlyFor = (context: HandlerContext, service: ServiceIdentity["service"]): void => {
  if (callingService(context).service !== service) throw new Problem("auth.forbidden")
}

/**
 * Who calls, in the workspace that the message names: a service acts in any, a user in their own. Undefined when it is
 * another one, in which a user finds nothing.
 */
export const callerInWorkspace = (context: HandlerContext, workspace_id: string): Actor | undefined => {
  const caller = callerIn(context)
  if (caller.kind === "user") {
    const { actor } = caller
    return workspace_id === "" || workspace_id === actor.workspace_id ? actor : undefined
  }
  if (caller.kind !== "service") throw new Problem("auth.required")
  const { service } = caller.identity
  return { kind: "service", user_id: "", email: "", workspace_id, role: "owner", grant_id: service }
}
