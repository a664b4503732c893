import { kindOf, type SlotKind } from "#language/slots.ts"
import type { Engine } from "../engine.ts"
import type { Share } from "../step/rows.ts"
import type { SeenLane } from "./lanes.ts"
import type { Taker } from "./taker.ts"

/** How many attempts of each kind a worker has room for. */
export type Room = Readonly<Record<SlotKind, number>>

/** Another room, each kind by itself. */
export const eachKind = (
  { process, inline, remote }: Room,
  map: (count: number, kind: SlotKind) => number,
): Room => ({
  process: map(process, "process"),
  inline: map(inline, "inline"),
  remote: map(remote, "remote"),
})

/** The lanes that a worker may take from now. */
export const openLanes = (
  { lanes, queues }: Pick<Engine, "lanes" | "queues">,
  taker: Taker,
  room: Room,
): readonly SeenLane[] => {
  const kinds = new Set((Object.keys(room) as SlotKind[]).filter((kind) => room[kind] > 0))
  return lanes.of(taker, kinds).filter((lane) => !queues.isPaused(lane))
}

/** What a worker may take from a lane. */
export type LaneShare = Share & SeenLane

/** Divides a worker's room evenly among the lanes that wait; with more lanes than room, those that waited longest. */
export const shareOut = (lanes: readonly SeenLane[], room: Room): readonly LaneShare[] =>
  [...Map.groupBy(lanes, (lane) => kindOf(lane.slot))].flatMap(([kind, some]) => {
    const chosen = some.slice(0, room[kind])
    const each = Math.floor(room[kind] / chosen.length)
    const extra = room[kind] % chosen.length
    return chosen.map((lane, index) => ({
      ...lane,
      max_tasks: each + (index < extra ? 1 : 0),
      limited: false,
    }))
  })
