import { z } from "zod"
import { cronFault } from "./cron.ts"
import { durationMs } from "./duration.ts"
import { event_types } from "./event-types.ts"
import { nextFireMs } from "./fires.ts"
import { limits } from "./limits.ts"
import { defaults } from "./plan.ts"
import { suggest } from "./suggest.ts"
import { isTimezone } from "./timezone.ts"
import { duration, fieldName, positiveDuration, taskName } from "./words.ts"

/** What begins runs is told apart by its name, also from version to version. */
const name = taskName.describe("Tells it apart from others; its place in the list when left out.")

/** Values of the workflow's inputs; texts may have expressions. */
const inputs = z.record(fieldName, z.json()).describe("The run's inputs; they may read `trigger`.")

const cron = z.string().superRefine((text, context) => {
  const fault = text.length > 1_000 ? "it is too long" : (cronFault(text) ?? silenceOf(text))
  if (fault !== undefined)
    context.addIssue({ code: "custom", message: `this is no cron expression: ${fault}` })
})

/** What is well written may still mean a day that no calendar has. */
const silenceOf = (text: string): string | undefined =>
  nextFireMs({ cron: text, timezone: "UTC" }, Date.UTC(2000, 0, 1)) === undefined
    ? "it never fires"
    : undefined

const timezone = z.string().superRefine((zone, context) => {
  if (isTimezone(zone)) return
  const meant = suggest(zone, Intl.supportedValuesOf("timeZone"))
  const hint = meant === undefined ? "" : `; did you mean \`${meant}\`?`
  context.addIssue({
    code: "custom",
    message: `unknown time zone \`${zone.slice(0, 100)}\`: use a name like Europe/Berlin or UTC${hint}`,
  })
})

const shortEnough = (given: string): boolean => (durationMs(given) ?? 0) <= 86_400_000

export const scheduleSchema = z
  .strictObject({
    name: name.optional(),
    cron: cron.describe("Five fields, or six with seconds first; or @daily, @hourly and the like."),
    timezone: timezone.optional().describe("UTC when left out."),
    catch_up: z
      .enum(["none", "latest", "all"])
      .optional()
      .describe("What of the times that were missed is made up for; none when left out."),
    window: positiveDuration("a window")
      .optional()
      .describe("How far back missed times are made up for; 1d when left out."),
    overlap: z
      .enum(["allow", "skip", "queue", "cancel_running"])
      .optional()
      .describe("What happens while the last run still goes on; allow when left out."),
    jitter: duration
      .refine(shortEnough, "a jitter is at most 1d")
      .optional()
      .describe("Each run begins up to so much later, by chance."),
    inputs: inputs.optional(),
  })
  .refine(({ window, catch_up }) => window === undefined || (catch_up ?? "none") !== "none", {
    path: ["window"],
    message: "a `window` needs `catch_up: latest` or `catch_up: all`",
  })

type Schedule = z.output<typeof scheduleSchema>

/** A schedule with nothing left out. */
export type Timetable = {
  readonly cron: string
  readonly timezone: string
  readonly catch_up: NonNullable<Schedule["catch_up"]>
  readonly window_ms: number
  readonly overlap: Overlap
  readonly jitter_ms: number
  readonly inputs: Readonly<Record<string, unknown>>
}

export type Overlap = NonNullable<Schedule["overlap"]>

/** The API takes any value as an input; what fits is seen when the inputs are checked. */
type Given = Omit<Schedule, "inputs" | "name"> & {
  readonly inputs?: Readonly<Record<string, unknown>> | undefined
}

export const timetableOf = (schedule: Given): Timetable => ({
  cron: schedule.cron.trim().replaceAll(/\s+/g, " "),
  timezone: schedule.timezone ?? "UTC",
  catch_up: schedule.catch_up ?? "none",
  window_ms: durationMs(schedule.window ?? "") ?? defaults.catch_up_window_ms,
  overlap: schedule.overlap ?? "allow",
  jitter_ms: durationMs(schedule.jitter ?? "") ?? 0,
  inputs: schedule.inputs ?? {},
})

export const schedulesSchema = z
  .array(scheduleSchema)
  .min(1, "name at least one schedule")
  .max(limits.max_schedules, `a workflow has at most ${limits.max_schedules} schedules`)

const condition = z.string().describe("An expression; the run begins only if it is true.")

const secret = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "this is no name of a secret")

const webhook = z.strictObject({
  type: z.literal("webhook"),
  name: name.optional(),
  secret: secret.optional().describe("The secret that signs requests; others are refused."),
  signature: z
    .strictObject({
      header: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,100}$/, "this is no name of a header")
        .optional(),
      scheme: z.enum(["github", "stripe", "standard", "hmac_sha256"]).optional(),
    })
    .optional()
    .describe("How requests are signed; as the standard webhooks have it, when left out."),
  if: condition.optional(),
  inputs: inputs.optional(),
})

const completion = z.strictObject({
  type: z.literal("workflow"),
  name: name.optional(),
  workflow: taskName.describe("The workflow whose runs end."),
  status: z
    .array(z.enum(["completed", "failed", "cancelled"]))
    .min(1)
    .max(3)
    .optional()
    .describe("completed when left out."),
  if: condition.optional(),
  inputs: inputs.optional(),
})

const event = z.strictObject({
  type: z.literal("event"),
  name: name.optional(),
  event: z.enum(event_types).describe("What happened; `trigger.event.data` tells of it."),
  if: condition.optional(),
  inputs: inputs.optional(),
})

export const triggersSchema = z
  .array(z.discriminatedUnion("type", [webhook, completion, event]))
  .min(1, "name at least one trigger")
  .max(limits.max_triggers, `a workflow has at most ${limits.max_triggers} triggers`)

export type Trigger = z.output<typeof triggersSchema>[number]
