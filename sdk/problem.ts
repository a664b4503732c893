import type { ProblemCode as PlatformCode } from "./generated/problem-codes.ts"

/** Those of the platform, and of an answer that isn't the platform's. */
export type ProblemCode = PlatformCode | "answer.unreadable" | "unknown"

/** Editors offer those that are known; a platform may be newer than its client. */
type AnyCode = ProblemCode | (string & Record<never, never>)

/** What comes from a server is what it says only once it has been looked at. */
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

const isFieldError = (value: unknown): value is { path: string; message: string } =>
  typeof value === "object" &&
  value !== null &&
  "path" in value &&
  "message" in value &&
  typeof value.path === "string" &&
  typeof value.message === "string"

/** A refusal of the platform: what happened, why, and what to do next. */
export class WfProblem extends Error {
  readonly status: number
  readonly code: AnyCode
  readonly title: string
  readonly next: string
  readonly errors: readonly { readonly path: string; readonly message: string }[]
  readonly request_id: string | undefined

  constructor(body: ProblemLike) {
    super(text(body.detail) ?? text(body.title) ?? `The platform answered ${body.status}.`)
    this.name = "WfProblem"
    this.status = body.status
    this.code = text(body.code) ?? "unknown"
    this.title = text(body.title) ?? "The request failed"
    this.next = text(body.next) ?? ""
    this.errors = Array.isArray(body.errors) ? body.errors.filter(isFieldError) : []
    this.request_id = text(body.request_id)
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
