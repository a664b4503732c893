import { lastedWhole } from "./lasted.ts"
import type { Told } from "./poll.ts"
import type { Frame, Segment } from "./row.ts"

type Trouble = { readonly what: "slow" | "away"; readonly since_ms: number }

/** What has been asked for, again and again. */
export type Known<Facts> = {
  readonly facts: Partial<Facts>
  /** What the platform doesn't tell, and why. */
  readonly refused: Partial<Readonly<Record<keyof Facts, string>>>
  readonly trouble: Trouble | undefined
}

export const afterTold = <Facts>(known: Known<Facts>, told: Told<Facts>): Known<Facts> => {
  const { facts, refused } = known
  if (told.kind === "refused") {
    return { facts, trouble: undefined, refused: { ...refused, [told.name]: told.text } }
  }
  if (told.kind === "answered") return { refused, trouble: undefined, facts: { ...facts, ...told.facts } }
  const { what, since_ms } = told
  // Away since the first time that it didn't answer.
  return { facts, refused, trouble: { what, since_ms: known.trouble?.since_ms ?? since_ms } }
}

export const troubleOf = (
  { trouble }: Pick<Known<unknown>, "trouble">,
  { now_ms }: Frame,
): readonly Segment[] => {
  if (!trouble) return []
  const time = lastedWhole(trouble.since_ms, now_ms)
  const words =
    trouble.what === "slow"
      ? `slow to answer, waiting for ${time}`
      : `not answering for ${time}, trying again`
  return [{ text: `  ${words}`, style: "yellow" }]
}
