import { allOf, pageCall } from "./pages.ts"
import type { AuditEntry, Page, PageOptions } from "./shapes.ts"
import { linesOf } from "./streams.ts"
import type { Transport } from "./transport.ts"

export type AuditFilter = {
  readonly action?: string
  /** By address. */
  readonly actor?: string
  readonly since?: string
  readonly until?: string
  /** What happened with one's own account, in place of the workspace. */
  readonly account?: boolean
}

const path = "/api/v1/audit"

/** Who did what to what, and from where. */
export const auditOf = (transport: Transport) => {
  const list = (options: AuditFilter & PageOptions = {}) =>
    transport.json<Page<AuditEntry>>(pageCall(path, options))
  return {
    list,
    all: (filter: AuditFilter & PageOptions = {}) => allOf(list, filter),
    /** All of it, newest first, in one answer; one that breaks off throws. */
    export: (filter: AuditFilter = {}, signal?: AbortSignal) => exported(transport, filter, signal),
  }
}

async function* exported(
  transport: Transport,
  filter: AuditFilter,
  signal: AbortSignal | undefined,
): AsyncGenerator<AuditEntry> {
  const call = { path: `${path}/export`, query: filter, stream: true, ...(signal && { signal }) }
  const { body } = await transport.send(call)
  if (!body) return
  for await (const line of linesOf(body)) if (line !== "") yield JSON.parse(line) as AuditEntry
}
