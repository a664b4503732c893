import type { components } from "./generated/types.ts"

type Schemas = components["schemas"]

export type Run = Schemas["Run"]
export type TaskRun = Schemas["TaskRun"]
export type Approval = Schemas["Approval"]
export type SignalDelivered = Schemas["SignalDelivered"]
export type RunEvent = Schemas["RunEvent"]
export type LogLine = Schemas["LogLine"]
export type Execution = Schemas["Execution"]
export type ExecutionStats = Schemas["ExecutionStats"]
export type Retention = Schemas["Retention"]
export type Version = Schemas["Version"]
export type SentFile = Schemas["SentFile"]
export type Workflow = Schemas["Workflow"]
export type Sequence = Schemas["Sequence"]
export type CreateJob = Schemas["CreateJob"]
export type Job = Schemas["Job"]
export type BatchItem = { readonly job?: Job; readonly problem?: Schemas["Problem"] }
export type DeadLetter = Schemas["DeadLetter"]
export type Queue = Schemas["Queue"]
export type QueueSettings = Schemas["QueueSettings"]
export type Worker = Schemas["Worker"]
export type Schedule = Schemas["Schedule"]
export type CreateSchedule = Schemas["CreateSchedule"]
export type Fire = Schemas["Fire"]
export type NextFire = Schemas["NextFire"]
export type Backfilled = Schemas["Backfilled"]
export type Hook = Schemas["Hook"]
export type HookDetail = Schemas["HookDetail"]
export type Secret = Schemas["Secret"]
export type Artifact = Schemas["Artifact"]
export type Notification = Schemas["Notification"]
export type Subscription = Schemas["Subscription"]
export type SubscriptionCreated = Schemas["SubscriptionCreated"]
export type CreateSubscription = Partial<Schemas["CreateSubscription"]> & Pick<Subscription, "events">
export type ChangeSubscription = Schemas["ChangeSubscription"]
export type Delivery = Schemas["Delivery"]
export type DeliveryDetail = Schemas["DeliveryDetail"]
export type ChooseDeliveries = Partial<Schemas["ChooseDeliveries"]>
export type ArtifactUsage = Schemas["ArtifactUsage"]
export type Presigned = Schemas["Presigned"]

export type Login = Schemas["Login"]
export type OidcProvider = Schemas["OidcProvider"]
export type DeviceCode = Schemas["DeviceCode"]
export type Me = Schemas["Me"]
export type Mailed = Schemas["Mailed"]
export type Workspace = Schemas["Workspace"]
export type Token = Schemas["Token"]
export type Account = Schemas["Account"]
export type Session = Schemas["Session"]
export type Member = Schemas["Member"]
export type Role = Member["role"]
export type Invite = Schemas["Invite"]
export type InviteCreated = Schemas["InviteCreated"]
export type AuditEntry = Schemas["AuditEntry"]
export type ServiceAccount = Schemas["ServiceAccount"]
export type KeyRotated = Schemas["KeyRotated"]
export type TokenCreated = Schemas["TokenCreated"]

export type Page<Item> = { readonly items: readonly Item[]; readonly next_cursor: string | null }

export type PageOptions = {
  readonly limit?: number
  readonly cursor?: string
  /** Gives up asking. */
  readonly signal?: AbortSignal
}
