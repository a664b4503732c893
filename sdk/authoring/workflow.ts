import type { z } from "zod"
import type { definitionSchema } from "#language/schema.ts"
import type { Section } from "#language/sections.ts"
import { type GivenInputs, type InputsOf, inputsFrom } from "./inputs.ts"
import { type Place, placeOf } from "./place.ts"
import { plain } from "./plain.ts"
import { type Ref, ref, type Yields } from "./ref.ts"
import type { Axes, Frozen, GivenOutputs, Items, OutputsOf, TaskSpec } from "./task.ts"

type Json = Readonly<Record<string, unknown>>

/** What the types know of a workflow so far. */
export type Known = {
  readonly inputs: Json
  readonly secrets: string
  readonly outputs: Readonly<Record<string, Json>>
  readonly names: { readonly [Of in Section]: string }
}

/** What a task may refer to. */
export type From<Of extends Known> = {
  readonly inputs: { readonly [Name in keyof Of["inputs"] & string]: Ref<Of["inputs"][Name]> }
  /** Those that were written before. */
  readonly tasks: {
    readonly [Name in keyof Of["outputs"]]: {
      readonly outputs: { readonly [Key in keyof Of["outputs"][Name]]: Ref<Of["outputs"][Name][Key]> }
      readonly status: Ref<string>
    }
  }
  readonly secrets: { readonly [Name in Of["secrets"]]: Ref<string> }
  readonly env: { readonly [name: string]: Ref<string> }
  readonly run: Ref<{ readonly id: string; readonly workflow: string; readonly version: number }>
  /** How the run was begun is always known; what else there is depends on that. */
  readonly trigger: Ref & { readonly type: Ref<string> }
  /** Of a task with `for_each`; `each` gives it with its type. */
  readonly item: Ref
  readonly index: Ref<number>
  /** Of a task with `matrix`. */
  readonly matrix: { readonly [axis: string]: Ref }
}

type With<Of extends Known, In extends Section, Name extends string, Outputs extends Json> = {
  readonly inputs: Of["inputs"]
  readonly secrets: Of["secrets"]
  readonly outputs: Of["outputs"] & { readonly [Key in Name]: Outputs }
  readonly names: { readonly [Key in Section]: Key extends In ? Of["names"][Key] | Name : Of["names"][Key] }
}

type Repeated<Each, Matrix> = [Each] extends [never] ? ([Matrix] extends [never] ? false : true) : true

type Undeclared = { readonly [name: string]: z.ZodType }

type AddTask<Of extends Known, In extends Section> = <
  const Name extends string,
  const Outputs extends GivenOutputs = Undeclared,
  const Each extends Items = never,
  const Matrix extends Axes = never,
>(
  name: Name extends keyof Of["outputs"] ? never : Name,
  spec:
    | TaskSpec<Of["names"][In], Of["secrets"], Outputs, Each, Matrix>
    | ((from: From<Of>) => TaskSpec<Of["names"][In], Of["secrets"], Outputs, Each, Matrix>),
) => Flow<With<Of, In, Name, OutputsOf<Outputs, Repeated<Each, Matrix>>>>

/** A workflow as far as it is written; each step answers a new one. */
export type Flow<Of extends Known> = {
  /** What a start may and must be given. */
  input<const Inputs extends GivenInputs>(
    inputs: Inputs,
  ): Flow<Omit<Of, "inputs"> & { readonly inputs: InputsOf<Inputs> }>
  /** A task; it may need and refer to those before it. */
  readonly task: AddTask<Of, "tasks">
  /** A task that runs after all others, if one has failed. */
  readonly onFailure: AddTask<Of, "on_failure">
  /** A task that runs at the very end, however the others ended. */
  readonly finally: AddTask<Of, "finally">
  /** What the run answers. */
  outputs(outputs: (from: From<Of>) => Json): Flow<Of>
  /** The same as a file says it. */
  definition(): Json
  /** Where its parts were written, by their paths in the definition. */
  readonly places: ReadonlyMap<string, Place>
}

type Built = "name" | "inputs" | "tasks" | "on_failure" | "finally" | "outputs" | "secrets" | "$schema"

type FlowSettings<Secret extends string> = Frozen<Omit<z.input<typeof definitionSchema>, Built>> & {
  readonly secrets?: readonly Secret[]
}

type State = { readonly definition: Json; readonly places: ReadonlyMap<string, Place> }

type Nothing = Readonly<Record<never, never>>

type Begun<Secret extends string> = {
  readonly inputs: Nothing
  readonly secrets: Secret
  readonly outputs: Nothing
  readonly names: { readonly [Of in Section]: never }
}

/** Begins a workflow: what it is called, and all of it that is neither inputs nor tasks. */
export const workflow = <const Secret extends string = never>(
  name: string,
  settings: FlowSettings<Secret> = {},
): Flow<Begun<Secret>> => {
  const definition = { name, ...(plain(settings, name) as Json), tasks: {} }
  return flowOf({ definition, places: placed(new Map(), "") }) as unknown as Flow<Begun<Secret>>
}

/** Whatever it is given: what may be given is the types' affair, and what is right the platform's. */
type Spec = Json | ((from: unknown) => Json)

const flowOf = (state: State) => ({
  input: (inputs: GivenInputs) =>
    flowOf({
      definition: { ...state.definition, inputs: inputsFrom(inputs) },
      places: placed(state.places, "inputs"),
    }),
  task: (name: string, spec: Spec) => withTask(state, ["tasks", name], spec),
  onFailure: (name: string, spec: Spec) => withTask(state, ["on_failure", name], spec),
  finally: (name: string, spec: Spec) => withTask(state, ["finally", name], spec),
  outputs: (make: (from: unknown) => Json) =>
    flowOf({
      definition: { ...state.definition, outputs: plain(make(contexts), "outputs") },
      places: placed(state.places, "outputs"),
    }),
  definition: () => state.definition,
  places: state.places,
})

const withTask = ({ definition, places }: State, [section, name]: readonly [Section, string], spec: Spec) => {
  const path = `${section}.${name}`
  const there = (definition[section] ?? {}) as Json
  if (Object.hasOwn(there, name)) throw new Error(`there is a task \`${name}\` already`)
  const { outputs, ...task } = typeof spec === "function" ? spec(contexts) : spec
  const names = outputs === undefined || Array.isArray(outputs) ? outputs : Object.keys(outputs as Json)
  const written = plain({ ...task, outputs: names }, path)
  // An entry by that name, whatever the name is.
  const tasks = Object.fromEntries([...Object.entries(there), [name, written]])
  return flowOf({ definition: { ...definition, [section]: tasks }, places: placed(places, path) })
}

const placed = (places: ReadonlyMap<string, Place>, path: string): ReadonlyMap<string, Place> => {
  const place = placeOf(new Error(path))
  return place ? new Map([...places, [path, place]]) : places
}

const roots = ["inputs", "tasks", "secrets", "env", "run", "trigger", "item", "index", "matrix"] as const

const contexts = Object.fromEntries(roots.map((root) => [root, ref(root)]))

type EachSpec<Spec, Each> = Spec & { readonly for_each: Each }

/** A task for each value of a list, which it is given as `item`. */
export const each = <const Item, const Spec>(
  list: Yields<readonly Item[]> | readonly Item[],
  make: (item: Ref<Item>, index: Ref<number>) => Spec,
): EachSpec<Spec, Yields<readonly Item[]> | readonly Item[]> => ({
  ...make(ref("item"), ref("index")),
  for_each: list,
})
