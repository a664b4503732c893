import { allOf, pageCall } from "./pages.ts"
import type { Page, PageOptions, Secret } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export const secretsOf = (transport: Transport) => {
  const root = "/api/v1/secrets"
  const path = (name: string) => `${root}/${encodeURIComponent(name)}`
  const list = (options: PageOptions = {}) => transport.json<Page<Secret>>(pageCall(root, options))
  return {
    /** Their names; values are never given out again. */
    list,
    all: (options: PageOptions = {}) => allOf(list, options),
    set: (name: string, value: string) =>
      transport.json<Secret>({ method: "PUT", path: path(name), json: { value } }),
    delete: (name: string) => transport.json<undefined>({ method: "DELETE", path: path(name) }),
    /** Encrypts all of them anew, under a new key. */
    rotateKey: () => transport.json<{ rotated: number }>({ method: "POST", path: `${root}/rotate-key` }),
  }
}
