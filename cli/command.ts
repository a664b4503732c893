import type { Io } from "./io.ts"

export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

export type Given = { readonly arguments: readonly string[]; readonly options: Options }

export type Runs = { readonly run: (given: Given, io: Io) => Promise<number> }

/** A command is data; what it does is loaded only when it is run, so that help stays fast. */
export type Command = {
  /** As typed: `run`, `runs list`. */
  readonly name: string
  readonly summary: string
  readonly arguments?: readonly string[]
  readonly options?: readonly (readonly [flags: string, description: string])[]
  readonly examples: readonly string[]
  readonly load: () => Promise<Runs>
}

export const text = (options: Options, name: string): string | undefined => {
  const value = options[name]
  return typeof value === "string" ? value : undefined
}

export const flag = (options: Options, name: string): boolean => options[name] === true

export const texts = (options: Options, name: string): readonly string[] => {
  const value = options[name]
  return Array.isArray(value) ? value : []
}

/** Words that may be given one at a time, or several between commas. */
export const words = (options: Options, name: string): readonly string[] =>
  texts(options, name).flatMap((text) => text.split(",").flatMap((word) => word.trim() || []))
