import { create } from "@bufbuild/protobuf"
import type { Database, Sql } from "#kernel/database/database.ts"
import { isDataError } from "#kernel/database/failure.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { batcher } from "#kernel/service/batch.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { checkInputs } from "#language/inputs.ts"
import { limits } from "#language/limits.ts"
import { runId } from "#language/run-id.ts"
import { type RunStart, RunStartSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { barredOf, type IsArchived } from "./archived.ts"
import { bodyHash } from "./body-hash.ts"
import type { Content, Contents } from "./contents.ts"
import { handOver, max_message_chars, type Scheduler, type Started, sizeOf } from "./hand-over.ts"
import { pinParts } from "./parts.ts"
import { type Resolved, resolve } from "./resolve.ts"

const max_batch = 200
const max_waiting = 2_000

export type Starting = {
  readonly database: Database
  readonly kit: Kit
  readonly scheduler: Scheduler
  /** One memory for all that start runs. */
  readonly contents: Contents
  readonly isArchived: IsArchived
}

export type StartRequest = {
  readonly workspace_id: string
  readonly workflow: string
  /** The latest, if left out. */
  readonly version: number | undefined
  readonly inputs: unknown
  readonly idempotency_key: string | undefined
  readonly traceparent: string | undefined
  readonly rerun: { readonly of: string; readonly mode: string; readonly task: string } | undefined
  /** What expressions of its tasks read as `trigger`, if more than how it was begun. */
  readonly happened?: Readonly<Record<string, unknown>>
  /** Of a start that nobody asked for by hand: what started it, and the id that its run was given beforehand. */
  readonly automatic?: Automatic
}

type Automatic = {
  readonly trigger: string
  readonly run_id: string
  /** The time that it is for: `today()` in the inputs is the day of this. */
  readonly at: Date
  /** What its key stands for, where the run's id is made anew each time. */
  readonly body?: string
}

/** Starts that arrive together are resolved by one statement and handed over in one call. */
export const createStarter = ({ database, kit, scheduler, contents, isArchived }: Starting) => {
  const flush = async (requests: readonly StartRequest[]): Promise<readonly (Started | Problem)[]> => {
    const { resolved, loaded } = await database.run(async (sql) => {
      const found = await resolve(sql, requests)
      const own = await contents.load(sql, found)
      return { resolved: found, loaded: await withParts(sql, contents, { requests, resolved: found, own }) }
    })
    const barred = await barredOf(isArchived, requests)
    const started = new Map<StartRequest, Started | Problem>()
    const starts: { request: StartRequest; start: RunStart }[] = []
    for (const [index, request] of requests.entries()) {
      const refused = request.automatic && barred.get(request.workspace_id)
      const found = { resolved: resolved[index], content: loaded[index] }
      const made = refused ?? (await prepare(kit, request, found))
      if (made instanceof Problem) started.set(request, made)
      else starts.push({ request, start: made })
    }
    for (const some of inMessages(starts)) {
      const outcomes = await handOver(
        scheduler,
        some.map(({ start }) => start),
      )
      for (const [index, { request }] of some.entries()) {
        started.set(request, outcomes[index] ?? new Problem("platform.bug"))
      }
    }
    return requests.map((request) => started.get(request) ?? new Problem("platform.bug"))
  }

  return batcher({ flush, max_batch, max_waiting, isItems: isDataError })
}

type Found = { readonly resolved: Resolved | undefined; readonly content: Content | Problem | undefined }

const prepare = async (
  kit: Kit,
  request: StartRequest,
  { resolved, content }: Found,
): Promise<RunStart | Problem> => {
  if (!resolved || !content) return notFound(request, resolved)
  if (resolved.archived) return archived(request)
  if (content instanceof Problem) return content
  if (content.refusal !== undefined) return new Problem("version.not_runnable", { detail: content.refusal })
  const checked = checkInputs(content, request.inputs, request.automatic?.at ?? kit.now())
  if (!checked.ok) {
    const detail = checked.errors
      .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
      .join("; ")
    return new Problem("inputs.invalid", { errors: checked.errors, detail })
  }
  const triggerJson = happenedJson(request, content)
  if (triggerJson instanceof Problem) return triggerJson
  return create(RunStartSchema, {
    runId: request.automatic?.run_id ?? runId(kit.id()),
    workspaceId: request.workspace_id,
    workflow: request.workflow,
    version: resolved.version,
    planJson: content.plan,
    inputsJson: JSON.stringify(checked.values),
    trigger: triggerOf(request),
    rerunOf: request.rerun?.of ?? "",
    rerunMode: request.rerun?.mode ?? "",
    rerunTask: request.rerun?.task ?? "",
    traceparent: request.traceparent ?? "",
    idempotencyKey: request.idempotency_key ?? "",
    bodyHash: request.idempotency_key === undefined ? "" : await hashOf(request),
    triggerJson,
  })
}

const triggerOf = ({ automatic, rerun }: StartRequest): string =>
  automatic?.trigger ?? (rerun ? "rerun" : "manual")

/** Kept with the run where its plan reads it. */
const happenedJson = (request: StartRequest, { reads_trigger }: Content): string | Problem => {
  if (!reads_trigger) return ""
  const text = JSON.stringify(request.happened ?? { type: triggerOf(request) })
  const size = Buffer.byteLength(text)
  if (size <= limits.max_trigger_bytes) return text
  return new Problem("trigger.too_large", {
    detail: `It has ${size} bytes. Tasks of ${request.workflow} read \`trigger\`, so it may have ${limits.max_trigger_bytes}.`,
  })
}

type Loaded = {
  readonly requests: readonly StartRequest[]
  readonly resolved: readonly (Resolved | undefined)[]
  readonly own: readonly (Content | undefined)[]
}

/** Few have parts; what the others do is what it was. A version that many start at once is settled once. */
const withParts = async (sql: Sql, contents: Contents, { requests, resolved, own }: Loaded) => {
  if (!own.some((content) => content?.parts)) return own
  const pinned = new Map<Content, Content | Problem>()
  for (const [index, content] of own.entries()) {
    const { workspace_id, workflow } = requests[index] ?? { workspace_id: "", workflow: "" }
    const version = resolved[index]?.version
    if (!content?.parts || version === undefined || pinned.has(content)) continue
    const plan = await pinParts(sql, contents, { workspace_id, workflow, version, content })
    pinned.set(content, plan instanceof Problem ? plan : { ...content, plan })
  }
  return own.map((content) => content && (pinned.get(content) ?? content))
}

const archived = ({ workflow }: StartRequest): Problem =>
  new Problem("workflow.archived", { detail: `${workflow} is archived: nothing of it is started.` })

const notFound = ({ workflow, version }: StartRequest, resolved: Resolved | undefined): Problem => {
  if (resolved) {
    return new Problem("version.not_found", { detail: `There is no version ${version} of ${workflow}.` })
  }
  return new Problem("workflow.not_found", { detail: `There is no workflow ${workflow} in this workspace.` })
}

/** Of what was asked for, so that the same request is known again after the next version. */
const hashOf = ({ workflow, version, inputs, rerun, automatic }: StartRequest): Promise<string> =>
  automatic
    ? bodyHash(automatic.body ?? automatic)
    : bodyHash({ workflow, version: version ?? null, inputs: inputs ?? {}, ...(rerun && { rerun }) })

/** Large plans go in messages of their own. */
const inMessages = <Item extends { readonly start: RunStart }>(items: readonly Item[]): Item[][] => {
  const messages: Item[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const item of items) {
    const own = sizeOf(item.start)
    if (size + own > max_message_chars) {
      messages.push([])
      size = 0
    }
    messages.at(-1)?.push(item)
    size += own
  }
  return messages
}
