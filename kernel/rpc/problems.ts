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
  429: Code.ResourceExhausted,
  503: Code.Unavailable,
  // The service is well: it must not look as if it were away.
  507: Code.ResourceExhausted,
}

/** What a header may have; the list of a transport's headers has little room. */
const max_header_chars = 6_000
const max_detail_chars = 1_000

type Body = {
  readonly code: string
  readonly detail: string
  readonly errors: readonly FieldError[]
  readonly retry_after_s: number | undefined
}

const encoded = (body: Body): string => encodeURIComponent(JSON.stringify(body))

/** As many of the errors as there is room for. */
const headerOf = ({ code, message, errors, retry_after_s }: Problem): string => {
  const body = { code, detail: message.slice(0, max_detail_chars), retry_after_s }
  let count = errors.length
  for (;;) {
    const text = encoded({ ...body, errors: errors.slice(0, count) })
    if (text.length <= max_header_chars || count === 0) return text
    count = Math.floor(count / 2)
  }
}

/** A problem as it travels over RPC: its body in one header, beside the nearest code. */
export const toConnectError = (problem: Problem): ConnectError =>
  new ConnectError(problem.message.slice(0, max_detail_chars), codes[problem.status] ?? Code.Internal, {
    [header]: headerOf(problem),
  })

/** Whether the other side has answered, with a refusal. */
export const isAnswer = (error: ConnectError): boolean => error.metadata.has(header)

/** The caller's side; a failure that isn't a problem of ours means that the other side can't be reached. */
export const fromConnectError = (error: ConnectError, service: string): Problem => {
  const text = error.metadata.get(header)
  if (text === null) {
    return new Problem("platform.unavailable", {
      detail: `${service} does not answer: ${error.rawMessage}`,
      cause: error,
    })
  }
  const { code, detail, errors, retry_after_s } = JSON.parse(decodeURIComponent(text)) as Body
  return new Problem(isProblemKind(code) ? code : "platform.bug", {
    detail,
    errors,
    ...(retry_after_s !== undefined && { retry_after_s }),
  })
}
