import type { LogLine } from "#sdk/index.ts"
import { cleanLine } from "./clean.ts"
import { colouring } from "./colouring.ts"
import { type Io, styled } from "./io.ts"

/** So much of a run's id tells it from others, unless two began in the same millisecond. */
const short_id = 13
/** Longer names push only their own lines aside. */
const max_width = 24

type Shown = { readonly names_run?: boolean; readonly stamped?: boolean; readonly aligned?: boolean }

/** Lines as people read them, each with whose it is before it. Items have the colour of their task. */
export const linePrinter = (
  io: Io,
  { names_run = false, stamped = false, aligned = false }: Shown = {},
): ((line: LogLine) => string) => {
  const ofTask = colouring("share")
  const ofRun = colouring("newest")
  let width = 0
  return (line) => {
    const task = cleanLine(line.task)
    if (aligned && task.length <= max_width) width = Math.max(width, task.length)
    const run_id = cleanLine(line.run_id)
    const time = stamped ? `${styled(io, "dim", cleanLine(line.at))} ` : ""
    const run = names_run ? `${styled(io, ofRun(run_id), run_id.slice(0, short_id))} ` : ""
    const whose = styled(io, ofTask(task.replace(/\[\d+\]$/, "")), `${task.padEnd(width)} │`)
    return `${time}${run}${whose} ${cleanLine(line.text)}`
  }
}
