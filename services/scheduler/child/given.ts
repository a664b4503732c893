import { compile, type Plan } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"

type Written = Omit<Definition, "name">

const pinned = (workflow: string, own: Written) => ({
  workflow,
  version: 7,
  plan: compile({ name: workflow, ...own }),
})

/** A plan as a start has settled it, with the workflows that it runs. */
export const plannedWith = (own: Written, parts: Readonly<Record<string, Written>>): Plan => ({
  ...compile({ name: "whole", ...own }),
  workflows: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, pinned(name, part)])),
})
