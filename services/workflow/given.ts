import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Role } from "#kernel/auth/permissions.ts"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import type { Blob } from "#kernel/blob/blob.ts"
import { folderBlob } from "#kernel/blob/folder.ts"
import type { Database } from "#kernel/database/database.ts"
import type { App } from "#kernel/http/app.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { caller } from "#kernel/rpc/client.ts"
import { inMemoryTransport, type Routes } from "#kernel/rpc/server.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { migrationsOf } from "#kernel/service/migrations.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { type RunStart, SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { workflowHttp } from "./http.ts"
import type { IsArchived } from "./run/archived.ts"
import { type Contents, createContents } from "./run/contents.ts"
import type { Scheduler } from "./run/hand-over.ts"
import { createVault, type Vault } from "./secret/vault.ts"
import { type Listening, listenFor } from "./trigger/listen.ts"
import { createHookTokens, type HookTokens } from "./trigger/token.ts"

/** An attempt that runs, of a task that declares secrets. */
type Declared = {
  readonly workspace_id: string
  readonly queue?: string
  readonly secrets: readonly string[]
}

/** The scheduler's door as this service needs it: it notes what is handed over, and keeps keys apart. */
export type Desk = {
  readonly routes: Routes
  readonly calls: RunStart[][]
  /** Runs that are to have ended. */
  readonly ended: Set<string>
  readonly cancelled: string[]
  /** Attempts that run, by their task runs. */
  readonly attempts: Map<string, Declared>
}

const desk = (): Desk => {
  const calls: RunStart[][] = []
  const ended = new Set<string>()
  const cancelled: string[] = []
  const attempts: Desk["attempts"] = new Map()
  const known = new Map<string, RunStart>()
  const keep = (start: RunStart) => {
    const key = `${start.workspaceId} ${start.idempotencyKey || start.runId}`
    const first = known.get(key) ?? start
    known.set(key, first)
    const problem = first.bodyHash === start.bodyHash ? "" : "idempotency.conflict"
    const bare = { id: start.runId, status: "running", created_at: new Date().toISOString() }
    return { runId: first.runId, problem, runJson: first === start && start.bare ? JSON.stringify(bare) : "" }
  }
  const routes: Routes = (router) =>
    router.service(SchedulerService, {
      openRuns({ runIds }) {
        const kept = new Set([...known.values()].map(({ runId }) => runId))
        const found = runIds.filter((run_id) => kept.has(run_id))
        return { known: found, open: found.filter((run_id) => !ended.has(run_id)) }
      },
      checkAttempt({ taskRunId }) {
        const declared = attempts.get(taskRunId)
        if (!declared) throw new Problem("attempt.stale")
        const { workspace_id: workspaceId, queue = "default", secrets } = declared
        return { workspaceId, queue, secrets: [...secrets] }
      },
      cancelRun({ runId }) {
        cancelled.push(runId)
        return {}
      },
      startRuns({ runs }) {
        calls.push(runs)
        return { runs: runs.map(keep) }
      },
      getRun({ runId, workspaceId }) {
        const run = [...known.values()].find((start) => start.runId === runId)
        if (run?.workspaceId !== workspaceId) throw new Problem("run.not_found")
        const { workflow, version } = run
        const inputs: unknown = JSON.parse(run.inputsJson)
        return { runJson: JSON.stringify({ id: runId, workflow, version, inputs, status: "running" }) }
      },
    })
  return { routes, calls, ended, cancelled, attempts }
}

export type WorkflowHouse = {
  readonly app: App
  readonly database: Database
  readonly blob: Blob
  readonly kit: Kit
  readonly scheduler: Scheduler
  readonly contents: Contents
  readonly vault: Vault
  readonly tokens: HookTokens
  readonly listening: Listening
  readonly desk: Desk
  readonly isArchived: IsArchived
  /** Workspaces in which nothing is to begin. */
  readonly archived: Set<string>
  close(): Promise<void>
}

export const given = {
  actor: (workspace_id: string, role: Role): Actor => ({
    kind: "user",
    user_id: crypto.randomUUID(),
    email: "ada@example.test",
    workspace_id,
    role,
    grant_id: crypto.randomUUID(),
  }),

  /** The service on its own database. A bearer is `ROLE@WORKSPACE`. */
  house: async (): Promise<WorkflowHouse> => {
    const migrations = migrationsOf(new URL("./migrations", import.meta.url).pathname)
    const database = await testDatabase({ schema: "workflow", migrations, max_sessions: 6 })
    const tokens = serviceTokens("workflow", platformKey(randomBytes(32).toString("base64")))
    const doors = { service: "scheduler", tokens, log: silentLog }
    const scheduler = desk()
    const call = caller((_, outgoing) => inMemoryTransport(scheduler.routes, doors, outgoing), tokens)
    const kit = systemKit()
    const key = platformKey(randomBytes(32).toString("base64"))
    const vault = createVault(key, kit)
    const hooks = createHookTokens(key)
    const folder = mkdtempSync(join(tmpdir(), "wf-workflow-test-"))
    const blob = folderBlob({ folder, key, url: "http://blobs.test", now: kit.now })
    const listening = listenFor(database)
    const archived = new Set<string>()
    const parts = {
      ...{ database, blob, kit, vault, tokens: hooks, listening, contents: createContents() },
      isArchived: async (workspace_id: string) => archived.has(workspace_id),
      scheduler: call("scheduler", SchedulerService),
    }
    const app = workflowHttp(parts, {
      service: "workflow",
      log: silentLog,
      metrics: createMetrics(),
      authenticate: async ({ authorization = "" }) => {
        const [role = "", workspace_id = "", queue] = authorization.replace("Bearer ", "").split("@")
        return { ...given.actor(workspace_id, role as Role), ...(queue && { queues: [queue] }) }
      },
    })
    return {
      app,
      ...parts,
      desk: scheduler,
      archived,
      close: async () => {
        await database.close()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
