import { cancelJob, control, replay, say, setQueue } from "./people-deeds.ts"
import { createJob, rerun, startRun, startWaiting } from "./start-deeds.ts"
import type { Deed, Walk } from "./walk.ts"
import { claim, leave, report } from "./work-deeds.ts"

const pass = ({ chance }: Walk): Deed => {
  const wait_ms = chance.pick([0, 1, 250, 500, 1_000, 5_000, 20_000, 3_600_000])
  return { name: `pass ${wait_ms} ms`, act: ({ skip }) => skip(wait_ms) }
}

const fire = (): Deed => ({ name: "fire", act: ({ fireTimers }) => fireTimers() })

type Choice = (walk: Walk) => Deed

const often = (...choices: readonly (readonly [Choice, number])[]): readonly Choice[] =>
  choices.flatMap(([choice, times]) => Array.from({ length: times }, () => choice))

const usual = [
  ...often([startRun, 2], [createJob, 3], [claim, 6], [report, 7], [leave, 1], [pass, 3], [fire, 4]),
  ...often([control, 2], [say, 3], [setQueue, 1], [cancelJob, 1], [replay, 1], [rerun, 1]),
]

/** Where few work, much waits: for people, and longer than it may. */
const idle = [
  ...often([createJob, 3], [pass, 2], [fire, 3], [claim, 1], [report, 1]),
  ...often([replay, 1], [cancelJob, 1], [setQueue, 1]),
]
const waiting = often(
  [startWaiting, 1],
  [say, 6],
  [pass, 1],
  [fire, 2],
  [claim, 2],
  [report, 3],
  [control, 1],
)

/** Which deeds a walk is made of hangs on its seed. */
export const nextDeed = (walk: Walk, seed: number): Deed =>
  walk.chance.pick([usual, usual, idle, waiting][seed % 4] ?? usual)(walk)
