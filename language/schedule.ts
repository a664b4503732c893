import { z } from "zod"
import { cronFault } from "./cron.ts"
import { durationMs } from "./duration.ts"
import type { Fault } from "./fault.ts"
import { checkInputs, type InputError } from "./inputs.ts"
import type { Definition } from "./schema.ts"
import { duration, fieldName } from "./words.ts"
import { isZone } from "./zone.ts"

const catchUps = ["none", "latest", "all"] as const
const overlaps = ["allow", "skip", "queue", "cancel_running"] as const

export type CatchUp = (typeof catchUps)[number]
export type Overlap = (typeof overlaps)[number]

/** For workflow files and for schedules made by the API. */
export const scheduleSchema = z.strictObject({
  cron: z
    .string()
    .superRefine((text, { addIssue }) => {
      const fault = cronFault(text)
      if (fault !== undefined) addIssue({ code: "custom", message: fault })
    })
    .describe("Minute, hour, day, month, weekday; with seconds first, if there are six fields."),
  timezone: z
    .string()
    .refine(isZone, "a time zone is a name like Europe/Berlin or UTC")
    .optional()
    .describe("Whose clocks it is read by; UTC when left out."),
  catch_up: z
    .enum(catchUps)
    .optional()
    .describe(
      "Of what was due while nothing could be started: nothing, the latest (when left out), or all of it.",
    ),
  window: duration
    .optional()
    .describe("What was due longer ago than this is not caught up; 24h when left out."),
  overlap: z
    .enum(overlaps)
    .optional()
    .describe(
      "While its last run goes on: start all the same (allow), leave it out (skip, when left out), wait in line (queue), or cancel that run first (cancel_running).",
    ),
  jitter: duration
    .optional()
    .describe("Each start is late by a part of this that is its own; 0s when left out."),
  inputs: z
    .record(fieldName, z.json())
    .optional()
    .describe("The runs' inputs; may read `trigger.fire_at`, `trigger.date` and `trigger.time`."),
})

/** What a schedule's inputs may read of the time that was due: that instant, and the zone's date and time. */
export const fire_fields = ["schedule", "fire_at", "date", "time"] as const

export type Schedule = z.output<typeof scheduleSchema>

/** A schedule with nothing left out. */
export type Timetable = {
  readonly cron: string
  readonly timezone: string
  readonly catch_up: CatchUp
  readonly window_ms: number
  readonly overlap: Overlap
  readonly jitter_ms: number
  readonly inputs: Readonly<Record<string, unknown>>
}

const day_ms = 86_400_000

/** The API takes any value as an input; what fits is seen when the inputs are checked. */
type Given = Omit<Schedule, "inputs"> & { readonly inputs?: Readonly<Record<string, unknown>> | undefined }

export const timetableOf = (schedule: Given): Timetable => ({
  cron: schedule.cron.trim().split(/\s+/).join(" "),
  timezone: schedule.timezone ?? "UTC",
  catch_up: schedule.catch_up ?? "latest",
  window_ms: durationMs(schedule.window ?? "") ?? day_ms,
  overlap: schedule.overlap ?? "skip",
  jitter_ms: durationMs(schedule.jitter ?? "") ?? 0,
  inputs: schedule.inputs ?? {},
})

/** What runs can't be started with. An expression's value is known only when it is due. */
export const openInputFaults = (
  definition: Pick<Definition, "inputs">,
  inputs: Readonly<Record<string, unknown>>,
): readonly InputError[] => {
  const checked = checkInputs(definition, inputs)
  if (checked.ok) return []
  const isOpen = (value: unknown): boolean => typeof value === "string" && value.includes("${{")
  return checked.errors.filter(({ path }) => !isOpen(inputs[path]))
}

export const scheduleInputFaults = (definition: Pick<Definition, "inputs" | "schedule">): Fault[] =>
  (definition.schedule ?? []).flatMap(({ inputs = {} }, index) =>
    openInputFaults(definition, inputs).map(({ path, message }) => ({
      path: ["schedule", index, ...(Object.hasOwn(inputs, path) ? ["inputs", path] : [])],
      message,
    })),
  )
