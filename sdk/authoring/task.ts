import type { z } from "zod"
import type { taskSchema } from "#language/schema.ts"
import type { TaskType, taskTypes } from "#language/task-types.ts"
import type { Yields } from "./ref.ts"

/** A value, or a reference to one that will be there; where there is text, any. */
export type Given<Value> =
  | Value
  | (string extends Value ? Yields : Yields<Value>)
  | (Value extends readonly (infer Item)[]
      ? readonly Given<Item>[]
      : Value extends object
        ? { readonly [Key in keyof Value]: Given<Value[Key]> }
        : never)

type WithOf<Type extends TaskType> = z.input<(typeof taskTypes)[Type]>

/** `run` with a script, or `uses` with what that type needs. */
type Kind =
  | { readonly run: string; readonly uses?: never; readonly with?: never }
  | {
      [Type in TaskType]: { readonly run?: never; readonly uses: Type } & (Record<
        never,
        never
      > extends WithOf<Type>
        ? { readonly with?: Given<WithOf<Type>> }
        : { readonly with: Given<WithOf<Type>> })
    }[TaskType]

/** Names alone, or names with the types that they have. */
export type GivenOutputs = readonly string[] | { readonly [name: string]: z.ZodType }

/** What a task writes, as others read it. */
export type OutputsOf<Outputs, Repeated> = Outputs extends readonly (infer Name extends string)[]
  ? { readonly [Key in Name]: Yield<unknown, Repeated> }
  : Outputs extends { readonly [name: string]: z.ZodType }
    ? { readonly [Key in keyof Outputs]: Yield<z.output<Outputs[Key]>, Repeated> }
    : { readonly [name: string]: Yield<unknown, Repeated> }

/** Of a task that runs for many, it is a list; null where one wrote nothing. */
type Yield<Value, Repeated> = Repeated extends true ? readonly (Value | null)[] : Value

type Own = "run" | "uses" | "with" | "needs" | "secrets" | "outputs" | "if" | "env" | "for_each" | "matrix"

/** What can be written once and kept can be given, too. */
export type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value

export type Items = readonly unknown[] | Yields<readonly unknown[]>
export type Axes = { readonly [axis: string]: Items }

/** Its tasks need each other; the type parameters are what is inferred of a task. */
export type TaskSpec<Needs extends string, Secrets extends string, Outputs, Each, Matrix> = Kind &
  Frozen<Omit<z.input<typeof taskSchema>, Own>> & {
    readonly needs?: readonly Needs[]
    readonly secrets?: readonly Secrets[]
    readonly outputs?: Outputs
    readonly if?: string | boolean | Yields<boolean>
    readonly env?: { readonly [name: string]: string | number | boolean | Yields }
    readonly for_each?: Each
    readonly matrix?: Matrix
  }
