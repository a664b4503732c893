import type { Tables } from "#services/scheduler/memory/tables.ts"
import type { Chance } from "../sim/chance.ts"
import { type Ground, idOf } from "./ground.ts"

/** What is done to a ground, and what it answers. */
export type Deed = { readonly name: string; readonly act: (ground: Ground) => Promise<unknown> }

/** A walk chooses by what is there, and numbers what it makes. */
export type Walk = { readonly chance: Chance; readonly tables: Tables; made: number }

export const nothing: Deed = { name: "nothing", act: async () => undefined }

export const nextId = (walk: Walk): string => {
  walk.made += 1
  return idOf(walk.made)
}
