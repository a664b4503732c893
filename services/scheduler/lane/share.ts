import type { Slot } from "#language/slots.ts"
import type { Engine } from "../engine.ts"
import type { Share } from "../step/rows.ts"
import type { SeenLane } from "./lanes.ts"

/** How many attempts of each kind a worker has room for. */
export type Room = Readonly<Record<Slot, number>>

/** Another room, each kind by itself. */
export const eachKind = (
  { process, inline, remote }: Room,
  map: (count: number, slot: Slot) => number,
): Room => ({
  process: map(process, "process"),
  inline: map(inline, "inline"),
  remote: map(remote, "remote"),
})

/** The lanes that a worker may take from now. */
export const openLanes = (
  { lanes, queues }: Pick<Engine, "lanes" | "queues">,
  names: readonly string[],
  room: Room,
): readonly SeenLane[] => {
  const slots = new Set((Object.keys(room) as Slot[]).filter((slot) => room[slot] > 0))
  return lanes.of(names, slots).filter((lane) => !queues.isPaused(lane))
}

/** Divides a worker's room evenly among the lanes that wait; with more lanes than room, those that waited longest. */
export const shareOut = (lanes: readonly SeenLane[], room: Room): readonly (Share & SeenLane)[] =>
  [...Map.groupBy(lanes, (lane) => lane.slot)].flatMap(([slot, some]) => {
    const chosen = some.slice(0, room[slot])
    const each = Math.floor(room[slot] / chosen.length)
    const extra = room[slot] % chosen.length
    return chosen.map((lane, index) => ({
      ...lane,
      max_tasks: each + (index < extra ? 1 : 0),
      limited: false,
    }))
  })
