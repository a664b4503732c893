import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { engineCache } from "#deploy/engines/install.ts"
import { type Stack, startStack } from "#deploy/stack/stack.ts"
import { applyLoad } from "../load/load.ts"
import { median, round } from "../measurement.ts"
import { metered } from "../processes.ts"
import type { Workload } from "../workload.ts"

const rounds = 5
const seconds = 3
const queue = "bench-gateway"
const body = JSON.stringify({ type: "noop", payload: { n: 1 }, queue })

/** A job that waits in its queue: what is measured is the way to it. */
const sendTo = (stack: Stack, url: string, concurrency: number) =>
  applyLoad({ url, token: stack.token, path: "/api/v1/jobs", body, concurrency, seconds })

const pauseQueue = async ({ url, token }: Stack): Promise<void> => {
  const answer = await fetch(`${url}/api/v1/queues/${queue}/pause`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  })
  if (!answer.ok) throw new Error(`the queue could not be paused: ${answer.status}`)
}

const measure = async (stack: Stack) => {
  const scheduler = stack.services.get("scheduler")
  if (!scheduler) throw new Error("the stack has a scheduler")
  await pauseQueue(stack)
  const ways = { direct: scheduler.address.url, gateway: stack.url }
  const found = {
    direct: { ms: [] as number[], per_s: [] as number[] },
    gateway: { ms: [] as number[], per_s: [] as number[] },
  }
  const envoy_us: number[] = []
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const way of ["direct", "gateway"] as const) {
      const alone = await sendTo(stack, ways[way], 1)
      const { answer, cpu } = await metered(stack.engines.envoy.pid(), () => sendTo(stack, ways[way], 50))
      found[way].ms.push(alone.p50_ms)
      found[way].per_s.push((answer.n * 1_000) / answer.elapsed_ms)
      if (way === "gateway" && cpu) envoy_us.push(cpu.other_us / answer.n)
    }
  }
  const { direct, gateway } = found
  return {
    direct_p50_ms: round(median(direct.ms)),
    gateway_p50_ms: round(median(gateway.ms)),
    direct_per_s: Math.round(median(direct.per_s)),
    gateway_per_s: Math.round(median(gateway.per_s)),
    envoy_cpu_us: round(median(envoy_us), 1),
  }
}

/** The services as they are in production, on this machine; the same request to the scheduler itself, in turns. */
export const gatewayCost: Workload = {
  name: "gateway",
  about: "what Envoy adds to a POST /jobs",
  must: "–",
  reach: "–",
  long: true,
  async run() {
    const data = mkdtempSync(join(tmpdir(), "wf-bench-"))
    chmodSync(data, 0o711)
    const environment = Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    )
    const cache = engineCache(process.env.WF_ENGINES_CACHE)
    const stack = await startStack({
      data,
      port: 0,
      cache,
      environment,
      say: () => undefined,
      signal: new AbortController().signal,
    })
    try {
      return { n: rounds, details: await measure(stack) }
    } finally {
      await stack.stop()
      rmSync(data, { recursive: true, force: true })
    }
  },
}
