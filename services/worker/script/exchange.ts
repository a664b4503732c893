import type { ScriptContext } from "#language/script-context.ts"

/** What a script's process is given, as a file. */
export type Given = {
  readonly module_path: string
  /** The module was written for this attempt alone, and is none of the task's files. */
  readonly is_inline: boolean
  readonly context: Omit<ScriptContext, "log" | "outputs">
}

/** What it leaves, as another one. */
export type Returned =
  | { readonly ok: true; readonly outputs: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false
      readonly code: string
      readonly message: string
      readonly non_retryable: boolean
      readonly retry_after_ms?: number
    }
