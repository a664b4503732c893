/** Types that a worker runs as functions of its own: they take no process, so it has room for many. */
const inlineTypes = ["noop", "default", "compute", "transform", "notify", "sleep", "flaky", "http"] as const

export type InlineType = (typeof inlineTypes)[number]

/** Types that a worker starts a process for. */
const processTypes = ["shell", "script", "container"] as const

export type ProcessType = (typeof processTypes)[number]

/** Which kind of slot a task takes; what the platform's own workers can't run waits for a remote one. */
export type Slot = "process" | "inline" | "remote"

export const slotOf = (type: string): Slot => {
  if ((inlineTypes as readonly string[]).includes(type)) return "inline"
  return (processTypes as readonly string[]).includes(type) ? "process" : "remote"
}
