import { z } from "@hono/zod-openapi"
import { Problem } from "#kernel/problem/problem.ts"
import { isTimezone } from "#language/timezone.ts"
import { positiveDuration, workflowName } from "#language/words.ts"
import { eventKinds } from "../event/kinds.ts"

export const channels = ["in_app", "email", "webhook", "slack"] as const

export type Channel = (typeof channels)[number]

const digests = ["none", "hourly", "daily"] as const

const max = { name: 100, workflows: 50, tags: 20, to: 20, to_chars: 2_048 } as const

const plain = (chars: number) =>
  z
    .string()
    .min(1)
    .max(chars)
    .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), "has a character that is refused")

const minute = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "a time of the day is written like 22:00")

const quietHours = z
  .strictObject({ from: minute, until: minute })
  .refine(({ from, until }) => from !== until, "quiet hours begin and end at different times")

const events = z
  .array(z.enum(eventKinds))
  .min(1, "name at least one")
  .max(eventKinds.length)
  .transform((given) => [...new Set(given)])
  .openapi({ type: "array", items: { type: "string", enum: [...eventKinds] } })

const settings = {
  name: plain(max.name),
  events,
  longer_than: positiveDuration("a duration").openapi({
    description: "With `run.slow`: how long a run may take, like 10m.",
  }),
  workflows: z.array(workflowName).max(max.workflows),
  tags: z.array(plain(100)).max(max.tags).openapi({
    description: "Of workflows with one of these, besides those of `workflows`; without both, of all.",
  }),
  to: z.array(plain(max.to_chars)).max(max.to).openapi({
    description:
      "One URL for `webhook` and `slack`; addresses for `email`, your own when left out; nothing for `in_app`.",
  }),
  digest: z
    .enum(digests)
    .openapi({ description: "One message an hour or a day, rather than one for each event." }),
  quiet_hours: quietHours.nullable().openapi({ description: "What happens meanwhile is told at their end." }),
  timezone: z.string().refine(isTimezone, "there is no such time zone"),
} as const

export const createShape = z
  .strictObject({
    ...settings,
    name: settings.name.optional(),
    scope: z.enum(["own", "workspace"]).default("own").openapi({
      description: "`workspace`: everybody's, and nobody's own; takes the permission `subscription.manage`.",
    }),
    longer_than: settings.longer_than.nullable().default(null),
    workflows: settings.workflows.default([]),
    tags: settings.tags.default([]),
    channel: z.enum(channels).default("in_app"),
    to: settings.to.default([]),
    digest: settings.digest.default("none"),
    quiet_hours: settings.quiet_hours.default(null),
    timezone: settings.timezone.default("UTC"),
  })
  .openapi("CreateSubscription")

export type CreateSubscription = z.infer<typeof createShape>

export const changeShape = z
  .strictObject({ ...settings, longer_than: settings.longer_than.nullable() })
  .partial()
  .openapi("ChangeSubscription")

export type ChangeSubscription = z.infer<typeof changeShape>

export const subscriptionShape = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scope: z.enum(["own", "workspace"]),
    source: z.enum(["made", "usual"]).openapi({
      description: "`usual`: there without being made. It can be paused, and changed.",
    }),
    events: z.array(z.enum(eventKinds)),
    longer_than: z.string().nullable(),
    workflows: z.array(z.string()),
    tags: z.array(z.string()),
    channel: z.enum(channels),
    to: z.string().openapi({ description: "As far as it may be seen: what is secret in it is left out." }),
    digest: z.enum(digests),
    quiet_hours: z.object({ from: z.string(), until: z.string() }).nullable(),
    timezone: z.string(),
    paused_at: z.iso.datetime().nullable(),
    pause_reason: z.string().nullable(),
    failing_since: z.iso.datetime().nullable(),
    created_by: z.uuid(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi("Subscription")

export type Subscription = z.infer<typeof subscriptionShape>

export const createdShape = subscriptionShape
  .extend({
    secret: z.string().nullable().openapi({
      description: "What a webhook's deliveries are signed with (Standard Webhooks). Shown this once.",
    }),
  })
  .openapi("SubscriptionCreated")

export type SubscriptionCreated = z.infer<typeof createdShape>

export const noSubscription = (id: string): Problem =>
  new Problem("subscription.not_found", {
    detail: `There is no subscription ${id} of yours in this workspace.`,
  })
