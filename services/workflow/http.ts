import { type App, createApp } from "#kernel/http/app.ts"
import type { Doors } from "#kernel/http/door.ts"
import type { Bundles } from "./bundle/keep.ts"
import { mountDrafts } from "./draft/http.ts"
import { mountRuns } from "./run/http.ts"
import { mountSchedules } from "./schedule/http.ts"
import { mountSecrets } from "./secret/http.ts"
import { mountHooks, receive_path } from "./trigger/http.ts"
import type { Receiving } from "./trigger/receive.ts"
import { mountVersions } from "./version/http.ts"
import { mountWorkflows } from "./workflow/http.ts"

export const workflowHttp = (parts: Receiving & Bundles, doors: Doors): App => {
  const app = createApp(doors, { hidden: receive_path })
  mountWorkflows(app, parts)
  mountVersions(app, parts.database)
  mountRuns(app, parts)
  mountSchedules(app, parts)
  mountSecrets(app, parts)
  mountHooks(app, parts)
  mountDrafts(app, parts)
  return app
}
