/** What came of an attempt, as it is kept: nothing of it is secret. */
export type Outcome = {
  readonly delivered: boolean
  readonly request: Readonly<Record<string, unknown>>
  readonly response: Readonly<Record<string, unknown>> | null
  readonly error: string | null
  /** To try it again would not help. */
  readonly is_final?: boolean
  /** Nobody is there any more, and says so. */
  readonly is_gone?: boolean
  readonly retry_after_ms?: number
}

/** What trying again would not mend. */
export const refusal = (error: string, request: Outcome["request"] = {}): Outcome => ({
  ...{ delivered: false, request, response: null, error, is_final: true },
})
