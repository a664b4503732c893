import { kinds, type ProblemKind } from "./kinds.ts"

export type FieldError = { readonly path: string; readonly message: string }

export type ProblemMore = {
  readonly detail?: string
  readonly errors?: readonly FieldError[]
  readonly retry_after_s?: number
  readonly cause?: unknown
}

/** An expected refusal. Anything else that is thrown is a bug. */
export class Problem extends Error {
  readonly code: ProblemKind
  readonly status: number
  readonly errors: readonly FieldError[]
  readonly retry_after_s: number | undefined

  constructor(code: ProblemKind, more: ProblemMore = {}) {
    super(more.detail ?? kinds[code].title, { cause: more.cause })
    this.name = "Problem"
    this.code = code
    this.status = kinds[code].status
    this.errors = more.errors ?? []
    this.retry_after_s = more.retry_after_s
  }
}

/** What an answer with it says beside its body. */
export const problemHeaders = ({ status, retry_after_s }: Problem): Readonly<Record<string, string>> => ({
  "content-type": "application/problem+json",
  ...((status === 503 || status === 429) && { "retry-after": String(retry_after_s ?? 1) }),
  ...(status === 401 && { "www-authenticate": "Bearer" }),
})

/** RFC 9457, as it goes over the wire. */
export type ProblemBody = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ProblemKind
  readonly next: string
  readonly errors: readonly FieldError[]
}

export const problemBody = (problem: Problem): ProblemBody => ({
  type: `urn:wf:problem:${problem.code}`,
  title: kinds[problem.code].title,
  status: problem.status,
  detail: problem.message,
  code: problem.code,
  next: kinds[problem.code].next,
  errors: problem.errors,
})
