/** A refusal of the platform: what happened, why, and what to do next. */
export class WfProblem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly next: string
  readonly errors: readonly { readonly path: string; readonly message: string }[]
  readonly request_id: string | undefined

  constructor(body: ProblemLike) {
    super(body.detail ?? body.title ?? `The platform answered ${body.status}.`)
    this.name = "WfProblem"
    this.status = body.status
    this.code = body.code ?? "unknown"
    this.title = body.title ?? "The request failed"
    this.next = body.next ?? ""
    this.errors = body.errors ?? []
    this.request_id = body.request_id
  }
}

/** The platform could not be reached at all. */
export class WfUnreachable extends Error {
  readonly url: string

  constructor(url: string, cause: unknown) {
    super(`${url} can't be reached`, { cause })
    this.name = "WfUnreachable"
    this.url = url
  }
}

export type ProblemLike = {
  readonly status: number
  readonly code?: string
  readonly title?: string
  readonly detail?: string
  readonly next?: string
  readonly errors?: readonly { path: string; message: string }[]
  readonly request_id?: string
}
