import type { Client } from "#sdk/client.ts"
import type { Page, Run } from "#sdk/shapes.ts"
import { hookName } from "../hook-table.ts"
import type { LiveKind } from "./kinds.ts"

/** Something that can stand there, and what it is. */
export type Named = {
  readonly value: string
  readonly about: string
  /** More follows in the same word. */
  readonly is_open?: boolean
}

/** `of` is the run or workflow that they belong to. */
type Ask = (client: Client, of: string) => Promise<readonly Named[]>

const some = { limit: 100 } as const

const names = <Item>(
  { items }: Page<Item>,
  value: (item: Item) => string,
  about: (item: Item) => string,
): readonly Named[] => items.map((item) => ({ value: value(item), about: about(item) }))

const here = async ({ identity }: Client): Promise<string> => (await identity.me()).workspace.id

const aboutRun = ({ workflow, status, created_at }: Run): string => `${workflow} ${status} ${created_at}`

const declaredInputs = (definition: unknown): readonly Named[] => {
  const { inputs } = (definition ?? {}) as { readonly inputs?: Readonly<Record<string, { type?: string }>> }
  return Object.entries(inputs ?? {}).map(([name, { type = "" }]) => ({
    value: `${name}=`,
    about: type,
    is_open: true,
  }))
}

/** How the names of each kind are asked for. */
export const asks: Readonly<Record<LiveKind, Ask>> = {
  run: async ({ runs }) => names(await runs.list({ limit: 50 }), (run) => run.id, aboutRun),
  task: async ({ runs }, of) =>
    of === ""
      ? []
      : names(
          await runs.tasks(of),
          ({ task }) => task,
          ({ status }) => status,
        ),
  input: async ({ workflows }, of) =>
    of === "" ? [] : declaredInputs((await workflows.versions(of, { limit: 1 })).items[0]?.definition),
  artifact: async ({ artifacts }, of) =>
    of === ""
      ? []
      : names(
          await artifacts.list(of, some),
          ({ name }) => name,
          ({ size_bytes }) => `${size_bytes} bytes`,
        ),
  workflow: async ({ workflows }) =>
    names(
      await workflows.list(some),
      ({ name }) => name,
      ({ version }) => `version ${version}`,
    ),
  schedule: async ({ schedules }) =>
    names(
      await schedules.list(some),
      ({ name }) => name,
      ({ workflow, cron }) => `${workflow} at ${cron}`,
    ),
  secret: async ({ secrets }) =>
    names(
      await secrets.list(some),
      ({ name }) => name,
      ({ updated_at }) => `set ${updated_at}`,
    ),
  queue: async ({ queues }) =>
    names(
      await queues.list(some),
      ({ name }) => name,
      ({ queued }) => `${queued} queued`,
    ),
  worker: async ({ workers }) =>
    names(
      await workers.list(some),
      ({ id }) => id,
      ({ name, status }) => `${name} ${status}`,
    ),
  job: async ({ jobs }) =>
    names(
      await jobs.list({ limit: 50 }),
      ({ id }) => id,
      ({ type, status }) => `${type} ${status}`,
    ),
  "dead-letter": async ({ deadLetters }) =>
    names(
      await deadLetters.list({ limit: 50 }),
      ({ id }) => id,
      ({ job, reason }) => `${job.type} ${reason}`,
    ),
  hook: async ({ hooks }) => names(await hooks.list(some), hookName, ({ type }) => type),
  subscription: async ({ subscriptions }) =>
    names(
      await subscriptions.list(some),
      ({ id }) => id,
      ({ name, channel }) => `${name} ${channel}`,
    ),
  delivery: async ({ deliveries }) =>
    names(
      await deliveries.list({ limit: 50 }),
      ({ id }) => id,
      ({ title, status }) => `${status} ${title}`,
    ),
  notification: async ({ notifications }) =>
    names(
      await notifications.list({ limit: 50 }),
      ({ id }) => id,
      ({ title }) => title,
    ),
  workspace: async ({ workspaces }) =>
    names(
      await workspaces.list(some),
      ({ slug }) => slug,
      ({ name }) => name,
    ),
  member: async (client) =>
    names(
      await client.workspaces.members.list(await here(client), some),
      ({ email }) => email,
      ({ role }) => role,
    ),
  invite: async (client) =>
    names(
      await client.workspaces.invites.list(await here(client), some),
      ({ id }) => id,
      ({ email }) => email,
    ),
  token: async ({ identity }) =>
    names(
      await identity.tokens(),
      ({ id }) => id,
      ({ name }) => name,
    ),
  session: async ({ identity }) =>
    names(
      await identity.sessions(some),
      ({ id }) => id,
      ({ device }) => device,
    ),
  "service-account": async (client) =>
    names(
      await client.workspaces.serviceAccounts.list(await here(client), some),
      ({ name }) => name,
      ({ role }) => role,
    ),
}
