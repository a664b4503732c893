import { allOf, pageCall } from "./pages.ts"
import type { Approval, Page, PageOptions } from "./shapes.ts"
import type { Transport } from "./transport.ts"

/** `yours` is what you may decide, and have not said anything to. */
export type ListApprovals = PageOptions & { readonly yours?: boolean }

/** What people are asked now, over all runs. */
export const approvalsOf = (transport: Transport) => {
  const list = (options: ListApprovals = {}) =>
    transport.json<Page<Approval>>(pageCall("/api/v1/approvals", options))
  return { list, all: (options: ListApprovals = {}) => allOf(list, options) }
}
