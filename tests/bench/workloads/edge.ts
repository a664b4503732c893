import type { Actor } from "#kernel/auth/actor.ts"
import { type Allowance, createAllowance } from "#kernel/auth/allowance.ts"
import { type Authenticate, api_token_prefix, authenticator } from "#kernel/auth/authenticate.ts"
import { createApp } from "#kernel/http/app.ts"
import { postLean } from "#kernel/http/lean.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { isLocal } from "#services/all/local-only.ts"
import { routing } from "#services/all/routing.ts"
import { applyLoad } from "../load/load.ts"
import { median, perItem, round } from "../measurement.ts"
import { metered } from "../processes.ts"
import type { Bench, Workload } from "../workload.ts"

const requests = 20_000
const rounds = 9

const actor: Actor = {
  ...{
    kind: "token",
    user_id: "u",
    email: "e@example.test",
    workspace_id: "w",
    role: "owner",
    grant_id: "g",
  },
}

/** Takes what is given to it, as the use-case of a job would after the edge. */
const jobsDoor = (authenticate: Authenticate, allowance: Allowance | undefined) => {
  const app = createApp({
    ...{ service: "bench", log: silentLog, metrics: createMetrics(), authenticate, allowance },
  })
  postLean(app, "/api/v1/jobs", async () => ({ status: 201, text: "{}" }))
  return app
}

const headers = {
  authorization: `Bearer ${api_token_prefix}bench`,
  host: "127.0.0.1:4400",
  "content-length": "0",
}
const request = () => new Request("http://127.0.0.1:4400/api/v1/jobs", { method: "POST", headers })

const microseconds = async (handle: (request: Request) => unknown): Promise<number> => {
  const from_ms = performance.now()
  for (let sent = 0; sent < requests; sent += 1) await handle(request())
  return ((performance.now() - from_ms) * 1_000) / requests
}

const knowing = authenticator({
  validate: async () => actor,
  keys: async () => "",
  revoked: async () => ({ cursor: "0", subjects: [] }),
})

/** One after the other, each with one step more. */
const steps = () => {
  const known = jobsDoor(async () => actor, undefined)
  const asked = jobsDoor(knowing, undefined)
  const allowance = createAllowance({ per_s: 1_000_000, report: async () => [], now: Date.now })
  const counted = jobsDoor(knowing, allowance)
  const serviceOf = routing([{ method: "POST", path: "/api/v1/jobs", http: counted }])
  const edge = (one: Request) => (isLocal(one) ? serviceOf(one)?.fetch(one) : undefined)
  return [known.fetch, asked.fetch, counted.fetch, edge] as const
}

const costOfJob = async ({ target, api, seconds }: Bench): Promise<number> => {
  const queue = "bench-edge"
  await api.pause(queue)
  const body = JSON.stringify({ type: "noop", payload: { n: 1 }, queue })
  const load = () => applyLoad({ ...target, path: "/api/v1/jobs", body, concurrency: 100, seconds })
  await load()
  const { answer, cpu } = await metered(target.pid, load)
  const { app_cpu_us = 0, postgres_cpu_us = 0 } = perItem(cpu, answer.n)
  return app_cpu_us + postgres_cpu_us
}

/** What a request pays before its use-case begins, a step at a time, and which share of a job's cost that is. */
export const edgeCost: Workload = {
  name: "edge",
  about: "what identity, limits and routing cost a POST /jobs",
  must: "≤ 15 %",
  reach: "–",
  async run(bench) {
    const kinds = steps()
    const found: number[][] = kinds.map(() => [])
    for (let turn = 0; turn < rounds; turn += 1) {
      for (const [place, handle] of kinds.entries()) found[place]?.push(await microseconds(handle))
    }
    const [known = 0, asked = 0, counted = 0, whole = 0] = found.map((all) => median(all))
    const job_us = await costOfJob(bench)
    const details = {
      share: round(((whole - known) / job_us) * 100, 1),
      door_us: round(known),
      authenticate_us: round(asked - known),
      allowance_us: round(counted - asked),
      host_and_routing_us: round(whole - counted),
      job_cpu_us: round(job_us, 1),
    }
    return { n: requests * rounds, details }
  },
}
