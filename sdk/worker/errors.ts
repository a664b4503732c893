import { WfProblem } from "../problem.ts"

/** Thrown by a function whose task would fail again however often it is tried. */
export class NonRetryable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "NonRetryable"
  }
}

/** Thrown by a function whose task is not to be tried again before `retry_after` has passed, such as "30s". */
export class RetryLater extends Error {
  readonly retry_after: string

  constructor(message: string, retry_after: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "RetryLater"
    this.retry_after = retry_after
  }
}

/** The platform doesn't know this worker any more: others have what it held. */
export const isGone = (error: unknown): boolean =>
  error instanceof WfProblem && (error.code === "session.ended" || error.code === "worker.not_found")

/** What is not taken as it is never will be; whatever else goes wrong passes. */
export const isRefusal = (error: unknown): error is WfProblem =>
  error instanceof WfProblem && error.status >= 400 && error.status < 500 && error.status !== 429

/** It is what was sent that isn't taken: too large, or not what the platform understands. */
export const isUnreadable = (error: unknown): boolean =>
  isRefusal(error) && (error.status === 422 || error.status === 413)
