/** Types that a worker runs as functions of its own: they take no process, so it has room for many. */
const inlineTypes = ["noop", "default", "compute", "transform", "notify", "sleep", "flaky", "http"] as const

export type InlineType = (typeof inlineTypes)[number]

/** Types that a worker starts a process for. */
const processTypes = ["shell", "script", "container"] as const

export type ProcessType = (typeof processTypes)[number]

/** Which kind of slot a task takes; what the platform's own workers can't run waits for a remote one. */
export type SlotKind = "process" | "inline" | "remote"

/**
 * A kind of slot, and what else its worker has to have: what a remote one was written for, and labels. Work that asks for
 * the same has a lane of its own, so whoever can't take it never looks at it, and what asks for nothing has none of it.
 */
export type Slot = SlotKind | `${SlotKind} ${string}`

export type Labels = Readonly<Record<string, string>>

const kindOfType = (type: string): SlotKind => {
  if ((inlineTypes as readonly string[]).includes(type)) return "inline"
  return (processTypes as readonly string[]).includes(type) ? "process" : "remote"
}

/** What a remote worker says that it was written for: functions of workflows, and types of jobs. */
export const functionNamed = (name: string): string => `function:${name}`
export const jobsOfType = (type: string): string => `job:${type}`

export const functionsIn = (takes: readonly string[]): string[] =>
  takes.filter((one) => one.startsWith(functionNamed(""))).map((one) => one.slice(functionNamed("").length))

/** Of a job or a step of this type. */
export const slotOf = (type: string, labels?: Labels): Slot => {
  const kind = kindOfType(type)
  return withLabels(kind === "remote" ? `remote ${jobsOfType(type)}` : kind, labels)
}

type Planned = {
  readonly uses: string
  readonly with?: Readonly<Record<string, unknown>> | null
  readonly labels?: Labels
}

/** Of a task of a workflow. A function is found by its name. */
export const slotOfTask = ({ uses, with: given, labels }: Planned): Slot => {
  if (uses !== "function" || typeof given?.name !== "string") return slotOf(uses, labels)
  return withLabels(`remote ${functionNamed(given.name)}`, labels)
}

const withLabels = (slot: Slot, labels: Labels | undefined): Slot => {
  if (labels === undefined) return slot
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? slot : (`${slot} {${pairs.sort().join(",")}}` as Slot)
}

/** The two that most work has ask for nothing else. */
export const isPlain = (slot: Slot): slot is "process" | "inline" => slot === "inline" || slot === "process"

export const kindOf = (slot: Slot): SlotKind =>
  isPlain(slot) ? slot : ((slot.split(" ", 1)[0] ?? "remote") as SlotKind)

export type Needed = { readonly kind: SlotKind; readonly what: string | undefined; readonly labels: Labels }

/** What the worker of such a slot has to have. */
export const neededFor = (slot: Slot): Needed => {
  const [kind = "remote", ...rest] = slot.split(" ")
  const asked = rest.find((part) => part.startsWith("{"))
  const pairs = asked === undefined ? [] : asked.slice(1, -1).split(",")
  return {
    kind: kind as SlotKind,
    what: rest.find((part) => !part.startsWith("{")),
    labels: Object.fromEntries(pairs.map((pair) => pair.split("=", 2) as [string, string])),
  }
}
