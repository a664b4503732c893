import { allOf, pageCall } from "./pages.ts"
import type { Page, PageOptions, SentFile, Sequence, Version, Workflow } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export type StartSequence = {
  readonly name: string
  readonly steps: readonly {
    readonly name: string
    readonly type: string
    readonly payload?: unknown
    readonly max_retries?: number
  }[]
  readonly idempotency_key?: string
}

type ListWorkflows = PageOptions & { readonly archived?: boolean }

export const workflowsOf = (transport: Transport) => {
  const path = (name: string) => `/api/v1/workflows/${encodeURIComponent(name)}`
  const list = (options: ListWorkflows = {}) =>
    transport.json<Page<Workflow>>(pageCall("/api/v1/workflows", options))
  const push = (json: object) => transport.json<Version>({ method: "POST", path: "/api/v1/workflows", json })
  return {
    /** A version for this text; the one there is, when nothing has changed. `files` are those that it names. */
    push: (source: string, file?: string, files?: readonly SentFile[]) =>
      push({ source, ...(file !== undefined && { file }), ...(files && { files }) }),
    /** The same for a definition that is an object already. */
    pushDefinition: (definition: object, files?: readonly SentFile[]) =>
      push({ definition, ...(files && { files }) }),
    /** Starts these steps, one after the other, without a version of their own to look after. */
    startSequence: ({ idempotency_key, ...json }: StartSequence) => {
      const headers = { "idempotency-key": idempotency_key ?? crypto.randomUUID() }
      return transport.json<Sequence>({ method: "POST", path: "/api/v1/workflows", json, headers })
    },
    /** A sequence with its steps. */
    sequence: (id: string) => transport.json<Sequence>({ path: path(id) }),
    get: (name: string) => transport.json<Workflow>({ path: path(name) }),
    list,
    all: (options: ListWorkflows = {}) => allOf(list, options),
    /** Nothing of it is started any more; its versions and runs stay. */
    archive: (name: string) => transport.json<Workflow>({ method: "POST", path: `${path(name)}/archive` }),
    restore: (name: string) => transport.json<Workflow>({ method: "POST", path: `${path(name)}/restore` }),
    versions: (name: string, options: PageOptions = {}) =>
      transport.json<Page<Version>>(pageCall(`${path(name)}/versions`, options)),
    version: (name: string, number: number) =>
      transport.json<Version>({ path: `${path(name)}/versions/${number}` }),
  }
}
