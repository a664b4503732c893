import type { Deed } from "#kernel/audit/record.ts"
import type { Chosen } from "./shape.ts"

type Turn = "replayed" | "dropped"

/** What somebody did to one dead letter. */
export const letterDeed = (turn: Turn, id: string): Deed => ({
  action: `dead_letter.${turn}`,
  subject: { kind: "dead_letter", id, name: id },
  details: { count: 1 },
})

/** One entry for a request, however many they were; none for none. */
export const lettersDeeds = (turn: Turn, { queue, type }: Chosen, count: number): readonly Deed[] => {
  if (count === 0) return []
  const details = { queue: queue ?? null, type: type ?? null, count }
  return [{ action: `dead_letter.${turn}`, subject: { kind: "dead_letter", id: null, name: "*" }, details }]
}
