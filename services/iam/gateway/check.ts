import type { MessageInitShape } from "@bufbuild/protobuf"
import { Code } from "@connectrpc/connect"
import type { Authenticate } from "#kernel/auth/authenticate.ts"
import type { App } from "#kernel/http/app.ts"
import { Problem, problemBody, problemHeaders } from "#kernel/problem/problem.ts"
import type { CheckResponseSchema } from "#proto/generated/envoy/service/auth/v3/external_auth_pb.ts"

/** Not led to from outside: who reaches it could as well ask the service itself. */
export const check_path = "/check/*"

/** A browser asks so before it sends what it asks about, and never with a credential. */
const is_asking = "OPTIONS"

/** The gateway need not ask about this credential again for a while. */
const passed_header = { "wf-passed": "yes" }

/** What the gateway asks for each request whose credential it can't judge by itself: with its own method and path. */
export const mountCheck = (app: App, authenticate: Authenticate): void => {
  app.all(check_path, async ({ req, body }) => {
    const credentials = { authorization: req.header("authorization"), workspace: req.header("wf-workspace") }
    if (req.method === is_asking) return body(null, 200)
    await authenticate(credentials)
    return body(null, 200, passed_header)
  })
}

type Asked = {
  readonly method: string
  /** Names are in small letters. */
  readonly headers: Readonly<Record<string, string>>
}

type Checked = MessageInitShape<typeof CheckResponseSchema>

/** The same for gateways that ask by gRPC, which costs several times as much. */
export const check =
  (authenticate: Authenticate) =>
  async ({ method, headers }: Asked): Promise<Checked> => {
    if (method === is_asking) return passed
    try {
      await authenticate({ authorization: headers.authorization, workspace: headers["wf-workspace"] })
      return passed
    } catch (thrown) {
      if (thrown instanceof Problem && thrown.status < 500) return denied(thrown)
      throw thrown
    }
  }

const passed: Checked = { status: { code: 0 } }

const denied = (problem: Problem): Checked => ({
  status: { code: Code.Unauthenticated },
  deniedResponse: {
    status: { code: problem.status },
    headers: Object.entries(problemHeaders(problem)).map(([key, value]) => ({ header: { key, value } })),
    body: JSON.stringify(problemBody(problem)),
  },
})
