import type { components } from "./generated/types.ts"

type Schemas = components["schemas"]

export type Run = Schemas["Run"]
export type TaskRun = Schemas["TaskRun"]
export type RunEvent = Schemas["RunEvent"]
export type LogLine = Schemas["LogLine"]
export type Version = Schemas["Version"]
export type Workflow = Schemas["Workflow"]
export type Artifact = Schemas["Artifact"]

export type Login = Schemas["Login"]
export type Me = Schemas["Me"]
export type Workspace = Schemas["Workspace"]
export type Token = Schemas["Token"]
export type TokenCreated = Schemas["TokenCreated"]

export type Page<Item> = { readonly items: readonly Item[]; readonly next_cursor: string | null }

export type PageOptions = { readonly limit?: number; readonly cursor?: string }

export type Job = Schemas["Job"]
export type Queue = Schemas["Queue"]
