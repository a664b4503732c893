import type { z } from "zod"
import type { WorkFunction } from "../worker/attempt.ts"
import type { Given } from "./task.ts"

type Functions = Readonly<Record<string, WorkFunction>>

type InputOf<Call> = Call extends (input: infer Input, ...rest: never) => unknown ? Input : never

type AnswerOf<Call> = Call extends (...given: never) => infer Answer ? Awaited<Answer> : never

type Nothing = ReturnType<() => void> | null | undefined

/** As the platform keeps it: an object is the outputs, anything else the output `result`, and nothing is none. */
type Answered<Answer> = [Answer] extends [Nothing]
  ? Readonly<Record<never, never>>
  : Answer extends readonly unknown[]
    ? { readonly result: Answer }
    : Answer extends object
      ? Answer
      : { readonly result: Answer }

type Outputs<Call> = {
  readonly [Name in keyof Answered<AnswerOf<Call>> & string]: z.ZodType<Answered<AnswerOf<Call>>[Name]>
}

type CallSpec<Call> = {
  readonly uses: "function"
  readonly with: { readonly name: string; readonly input?: never; readonly heartbeat_timeout?: string }
  /** Known to the types alone. */
  readonly outputs: Outputs<Call>
}

type CallOptions = {
  /** How often the function has to say that it goes on. */
  readonly heartbeat_timeout?: string
}

/**
 * Makes tasks of functions that a worker has: their input is what the function takes, and their outputs are what it
 * answers. `calls<typeof functions>()` needs the type alone, so that the worker isn't loaded where workflows are written.
 */
export const calls =
  <const Of extends Functions>() =>
  <Name extends keyof Of & string>(
    name: Name,
    ...[input, options]: unknown extends InputOf<Of[Name]>
      ? [input?: unknown, options?: CallOptions]
      : [input: Given<InputOf<Of[Name]>>, options?: CallOptions]
  ): CallSpec<Of[Name]> =>
    ({
      uses: "function",
      with: { name, ...(input !== undefined && { input }), ...options },
    }) as unknown as CallSpec<Of[Name]>
