import { allOf, pageCall } from "./pages.ts"
import type { Account, Page, PageOptions } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export type AccountFilter = {
  readonly email?: string
  /** Those that are kept out, or the others. */
  readonly suspended?: boolean
}

const root = "/api/v1/auth/accounts"

/** Whom the platform knows; for owners of its first workspace. */
export const accountsOf = (transport: Transport) => {
  const list = (options: AccountFilter & PageOptions = {}) =>
    transport.json<Page<Account>>(pageCall(root, options))
  const post = (id: string, verb: string) =>
    transport.json<Account>({ method: "POST", path: `${root}/${encodeURIComponent(id)}/${verb}`, json: {} })
  return {
    list,
    all: (filter: AccountFilter = {}) => allOf<AccountFilter & PageOptions, Account>(list, filter),
    /** Their sessions end, and their API tokens open nothing until they are resumed. */
    suspend: (id: string) => post(id, "suspend"),
    resume: (id: string) => post(id, "resume"),
  }
}
