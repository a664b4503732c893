import { allOf, pageCall } from "./pages.ts"
import type { Page, PageOptions, Role, ServiceAccount, Token, TokenCreated } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export type CreateServiceAccount = { readonly name: string; readonly role: Role }

export type CreateServiceToken = {
  readonly name: string
  readonly expires_at?: string
  readonly scopes?: readonly string[]
  readonly queues?: readonly string[]
}

/** Members of a workspace that are programs. */
export const serviceAccountsOf = (transport: Transport) => {
  const root = (id: string) => `/api/v1/workspaces/${encodeURIComponent(id)}/service-accounts`
  const path = (id: string, account_id: string) => `${root(id)}/${encodeURIComponent(account_id)}`
  const list = (id: string, options: PageOptions = {}) =>
    transport.json<Page<ServiceAccount>>(pageCall(root(id), options))
  const tokens = (id: string, account_id: string, options: PageOptions = {}) =>
    transport.json<Page<Token>>(pageCall(`${path(id, account_id)}/tokens`, options))
  return {
    list,
    all: (id: string) => allOf((options: PageOptions) => list(id, options), {}),
    create: (id: string, account: CreateServiceAccount) =>
      transport.json<ServiceAccount>({ method: "POST", path: root(id), json: account }),
    /** Its tokens end with it. */
    delete: (id: string, account_id: string) =>
      transport.json<undefined>({ method: "DELETE", path: path(id, account_id) }),
    tokens,
    createToken: (id: string, account_id: string, token: CreateServiceToken) =>
      transport.json<TokenCreated>({ method: "POST", path: `${path(id, account_id)}/tokens`, json: token }),
    deleteToken: (id: string, account_id: string, token_id: string) =>
      transport.json<undefined>({
        method: "DELETE",
        path: `${path(id, account_id)}/tokens/${encodeURIComponent(token_id)}`,
      }),
  }
}
