import { Code, ConnectError } from "@connectrpc/connect"
import { isProblemKind } from "#kernel/problem/kinds.ts"
import { type FieldError, Problem } from "#kernel/problem/problem.ts"

const header = "wf-problem"

const codes: Readonly<Record<number, Code>> = {
  400: Code.InvalidArgument,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.NotFound,
  409: Code.FailedPrecondition,
  413: Code.ResourceExhausted,
  422: Code.InvalidArgument,
  503: Code.Unavailable,
  // The service is well: it must not look as if it were away.
  507: Code.ResourceExhausted,
}

/** A problem as it travels over RPC: its whole body in one header, beside the nearest code. */
export const toConnectError = (problem: Problem): ConnectError => {
  const body = { code: problem.code, detail: problem.message, errors: problem.errors }
  const metadata = { [header]: encodeURIComponent(JSON.stringify(body)) }
  return new ConnectError(problem.message, codes[problem.status] ?? Code.Internal, metadata)
}

/** The caller's side; a failure that isn't a problem of ours means that the other side can't be reached. */
export const fromConnectError = (error: ConnectError, service: string): Problem => {
  const text = error.metadata.get(header)
  if (text === null) {
    return new Problem("platform.unavailable", {
      detail: `${service} does not answer: ${error.rawMessage}`,
      cause: error,
    })
  }
  const body = JSON.parse(decodeURIComponent(text)) as { code: string; detail: string; errors: FieldError[] }
  const code = isProblemKind(body.code) ? body.code : "platform.bug"
  return new Problem(code, { detail: body.detail, errors: body.errors })
}
