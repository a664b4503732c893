import type { Known } from "#sdk/authoring/workflow.ts"
import type { WorkFunction } from "#sdk/worker/attempt.ts"

type Json = Readonly<Record<string, unknown>>

/** What a fake is told of the attempt that it stands for. */
export type FakeCall<Inputs = Json> = {
  readonly task: string
  readonly type: string
  readonly workflow: string
  readonly run_id: string
  /** Counts from 1. */
  readonly attempt: number
  /** Of the run. */
  readonly inputs: Inputs
  /** The task's `with`, its expressions filled in; its script is `with.run`. */
  readonly with: Json
  readonly env: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  /** Of a task that runs for many. */
  readonly item: unknown
  readonly index: number | undefined
  /** Takes that long on the skipped clock: milliseconds, or a text such as "10m". */
  readonly sleep: (duration: number | string) => Promise<void>
  /** Fires when the attempt is not wanted any more. */
  readonly signal: AbortSignal
}

/** What it answers are the task's outputs; what it throws is the attempt's failure. */
export type Fake = (call: FakeCall) => unknown

export type Decision = {
  readonly approved: boolean
  readonly comment?: string
  /** Somebody's address, if it matters who. */
  readonly by?: string
}

export type AskedFor = { readonly task: string; readonly workflow: string; readonly message: string }

type Decided = boolean | Decision | readonly Decision[] | undefined

/** Undefined leaves it undecided, for its timeout. */
export type Decide = Decided | ((asked: AskedFor) => Decided)

/** A workflow as it is written: with types, as a definition, or as the text of a file. */
export type GivenFlow = string | { readonly definition: () => Json } | Json

export type TestRun = {
  readonly inputs?: Json
  /** By the names of tasks; of a workflow that a task runs as `workflow.task`. */
  readonly tasks?: Readonly<Record<string, Fake>>
  /** By their types, such as `shell` and `http`. */
  readonly types?: Readonly<Record<string, Fake>>
  /** What a worker has: `function` tasks call these as they are. */
  readonly functions?: Readonly<Record<string, WorkFunction>>
  readonly secrets?: Readonly<Record<string, string>>
  /** By task: how each approval is decided once somebody is asked. */
  readonly approvals?: Readonly<Record<string, Decide>>
  /** By name: data sent when the run begins, or a function that is called when a task waits for it. */
  readonly signals?: Readonly<Record<string, unknown>>
  /** Those that tasks run, by name. */
  readonly workflows?: Readonly<Record<string, GivenFlow>>
  /** What began the run, for expressions that read `trigger`. */
  readonly trigger?: Json
  /** When it begins; without it 2026-01-01T00:00:00Z. */
  readonly at?: string | Date
  /** Spreads retries; without it they wait for just their time. */
  readonly random?: () => number
}

/** Of a task that runs for many each answers one of the list. */
type Answer<Value> = Value | (Value extends readonly (infer Item)[] ? Item : never)

type Answers<Outputs> = { readonly [Name in keyof Outputs]?: Answer<Outputs[Name]> } | undefined

type FakesOf<Of extends Known> = {
  readonly [Name in keyof Of["outputs"]]?: (
    call: FakeCall<Of["inputs"]>,
  ) => Answers<Of["outputs"][Name]> | Promise<Answers<Of["outputs"][Name]>>
} & { readonly [Part in `${string}.${string}`]?: Fake }

/** Where the workflow was written with types, a wrong name and a wrong answer are found by the compiler. */
export type TestRunOf<Of extends Known> = Omit<TestRun, "inputs" | "tasks" | "secrets"> & {
  readonly inputs?: Partial<Of["inputs"]>
  readonly tasks?: FakesOf<Of>
  readonly secrets?: { readonly [Name in Of["secrets"]]?: string }
}

export type TaskOutcome<Outputs = Json> = {
  readonly status: string
  readonly reason: string | null
  readonly outputs: Outputs
  /** How often it was tried. */
  readonly attempts: number
  /** Of its last failure. */
  readonly error: { readonly code: string; readonly message: string } | undefined
  /** Of a task that runs for many, in their order. */
  readonly items: readonly TaskOutcome[]
  readonly started_at: Date | undefined
  readonly ended_at: Date | undefined
  /** How the run has ended that it began. */
  readonly run: Outcome | undefined
}

export type Outcome<Tasks = Readonly<Record<string, TaskOutcome>>> = {
  readonly status: string
  readonly reason: string | null
  readonly outputs: Json
  readonly tasks: Tasks
  /** The names of attempts as they began. */
  readonly order: readonly string[]
  /** When it ended, on the skipped clock. */
  readonly at: Date
  readonly took_ms: number
}
