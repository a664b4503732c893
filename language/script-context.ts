/** What a script's function is given. */
export type ScriptContext<Data = unknown> = {
  readonly inputs: Readonly<Record<string, unknown>>
  /** The outputs and ends of the tasks that this one needs. */
  readonly tasks: Readonly<
    Record<string, { readonly status: string; readonly outputs: Readonly<Record<string, unknown>> }>
  >
  /** The declared variables; they are in `process.env` too. */
  readonly env: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  readonly run: { readonly id: string; readonly workflow: string; readonly version: number }
  /** Of a `for_each` or a matrix: what this task is for. */
  readonly item: unknown
  /** `data` of the task's `with`. */
  readonly data: Data
  readonly attempt: number
  /** Writes a line to the task's log. */
  log(...values: readonly unknown[]): void
  /** Outputs to add to; what the function returns is added last. */
  readonly outputs: Record<string, unknown>
}
