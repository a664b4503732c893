import { allOf, pageCall } from "./pages.ts"
import type { Hook, HookDetail, Page, PageOptions } from "./shapes.ts"
import type { Transport } from "./transport.ts"

type ListHooks = PageOptions & { readonly workflow?: string }

export const hooksOf = (transport: Transport) => {
  const root = "/api/v1/hooks"
  const one = (workflow: string, name: string) =>
    `${root}/${encodeURIComponent(workflow)}/${encodeURIComponent(name)}`
  const list = (options: ListHooks = {}) => transport.json<Page<Hook>>(pageCall(root, options))
  return {
    /** What begins runs of workflows; the path of a webhook is as good as a key. */
    list,
    all: (options: ListHooks = {}) => allOf(list, options),
    /** With its newest deliveries. */
    get: (workflow: string, name: string) => transport.json<HookDetail>({ path: one(workflow, name) }),
    /** Gives a webhook another path; the one it had is unknown from then on. */
    rotate: (workflow: string, name: string) =>
      transport.json<Hook>({
        method: "POST",
        path: `${one(workflow, name)}/rotate`,
      }),
  }
}
