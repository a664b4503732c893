import type { App } from "#kernel/http/app.ts"
import type { Doors } from "#kernel/http/door.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { artifactHttp } from "#services/artifact/http.ts"
import { iamHttp } from "#services/iam/http.ts"
import { metadataHttp } from "#services/metadata/http.ts"
import { notificationHttp } from "#services/notification/http.ts"
import { schedulerHttp } from "#services/scheduler/http.ts"
import { workflowHttp } from "#services/workflow/http.ts"

/** Stands for everything that a door is built on: a door only declares its routes until it is asked something. */
const hollow: never = new Proxy(() => hollow, { get: () => hollow }) as never

const doors = (service: string): Doors => ({
  service,
  authenticate: hollow,
  log: silentLog,
  metrics: createMetrics(),
})

/** Each service's HTTP door, without anything behind it. */
export const hollowApps = (): Readonly<Record<string, App>> => ({
  iam: iamHttp(hollow, doors("iam")),
  workflow: workflowHttp(hollow, doors("workflow")),
  scheduler: schedulerHttp(hollow, doors("scheduler")),
  metadata: metadataHttp(hollow, doors("metadata")),
  artifact: artifactHttp(hollow, doors("artifact")),
  notification: notificationHttp(hollow, doors("notification")),
})
