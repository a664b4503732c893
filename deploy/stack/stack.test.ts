import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createClient } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { envoy } from "#deploy/engines/envoy.ts"
import { kafka } from "#deploy/engines/kafka.ts"
import { mongo } from "#deploy/engines/mongo.ts"
import { createOwnedFolder } from "#deploy/engines/owned-folder.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import { versitygw } from "#deploy/engines/versitygw.ts"
import { createAuthority } from "#kernel/testing/certificates.ts"
import { startCollector } from "#kernel/testing/collector.ts"
import { until } from "#kernel/testing/until.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { type Stack, startStack } from "./stack.ts"

const usable = [kafka, mongo, versitygw, envoy].map(isUsable).every(Boolean)
const root = join(import.meta.dir, "..", "..")

const environment = { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: tmpdir(), LANG: "C.UTF-8" }

let folder = ""
beforeAll(async () => {
  folder = await createOwnedFolder(tmpdir(), "wf-stack-test")
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const asking = ({ url, token }: Pick<Stack, "url" | "token">) => {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
  return {
    async post(path: string, body: object): Promise<Record<string, unknown>> {
      const answer = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as Record<string, unknown>
    },
    async get(path: string): Promise<Record<string, unknown>> {
      const answer = await fetch(`${url}${path}`, { headers })
      return (await answer.json()) as Record<string, unknown>
    },
  }
}

const slow = `name: slow
tasks:
  first: { run: "sleep 2; echo one=1 >> $WF_OUTPUT" }
  second: { needs: [first], run: "echo done" }
`

const untilOver = (stack: Stack, id: unknown) =>
  until(
    "the run is over",
    async () => {
      const { status } = await asking(stack).get(`/api/v1/runs/${id}`)
      return (status === "completed" || status === "failed") && status
    },
    60_000,
  )

const pidsOf = ({ services, engines }: Stack) =>
  [...services.values(), ...Object.values(engines)].map((part) => part.pid())

test.skipIf(!usable)(
  "a run goes through all services, and on when one that matters to it is killed and started again",
  async () => {
    const said: string[] = []
    const say = (line: string) => said.push(line)
    const stack = await startStack({ data: join(folder, "one"), cache: testCache, port: 0, environment, say })
    try {
      const { post } = asking(stack)
      await post("/api/v1/workflows", { source: slow })
      const { id } = await post("/api/v1/runs", { workflow: "slow" })
      const scheduler = stack.services.get("scheduler")
      const before = scheduler?.pid()
      await scheduler?.kill("SIGKILL")
      await scheduler?.restart()
      expect(scheduler?.pid()).not.toBe(before)
      expect(await untilOver(stack, id)).toBe("completed")
      await stack.services.get("worker")?.restart()
      const { id: other } = await post("/api/v1/runs", { workflow: "slow" })
      expect(await untilOver(stack, other)).toBe("completed")
      expect(said.filter((line) => line.includes("by itself"))).toEqual([])
    } finally {
      const pids = pidsOf(stack)
      await stack.stop()
      expect(pids.filter(isThere)).toEqual([])
    }
  },
  900_000,
)

test.skipIf(!usable)(
  "what the gateway and the services trace is one trace, and goes to the collector that is named",
  async () => {
    const collector = startCollector()
    const traced = { ...environment, WF_OTLP_URL: collector.url }
    const say = () => undefined
    const stack = await startStack({
      ...{ data: join(folder, "traced"), cache: testCache, port: 0, environment: traced, say },
    })
    try {
      const trace = "5a".repeat(16)
      const headers = {
        authorization: `Bearer ${stack.token}`,
        traceparent: `00-${trace}-${"1b".repeat(8)}-01`,
      }
      expect((await fetch(`${stack.url}/api/v1/workflows`, { headers })).status).toBe(200)
      for (const service of ["wf-gateway", "wf-workflow"])
        await until(`the span of ${service} has come`, () =>
          collector.has(Buffer.from(service), Buffer.from(trace, "hex")),
        )
    } finally {
      await stack.stop()
      await collector.stop()
    }
  },
  900_000,
)

test.skipIf(!usable)(
  "logs and attempts are in PostgreSQL where that is wished, and there is no MongoDB then",
  async () => {
    const wished = { ...environment, WF_DOCUMENTS: "postgres" }
    const say = () => undefined
    const stack = await startStack({
      ...{ data: join(folder, "documents"), cache: testCache, port: 0, environment: wished, say },
    })
    try {
      expect(stack.engines.mongo).toBeUndefined()
      const { post, get } = asking(stack)
      await post("/api/v1/workflows", { source: slow })
      const { id } = await post("/api/v1/runs", { workflow: "slow" })
      expect(await untilOver(stack, id)).toBe("completed")
      const logs = await fetch(`${stack.url}/api/v1/runs/${id}/logs`, {
        headers: { authorization: `Bearer ${stack.token}` },
      })
      expect(await logs.text()).toContain("done")
      await until("both attempts are in the history", async () => {
        const { items } = await get(`/api/v1/executions?run_id=${id}`)
        return (
          (items as readonly { status: string }[]).filter(({ status }) => status === "completed").length === 2
        )
      })
    } finally {
      await stack.stop()
    }
  },
  900_000,
)

/** What services show each other on this machine, all the same. */
const channel = async (): Promise<Record<string, string>> => {
  const authority = createAuthority()
  const { certificate, key } = authority.certify("127.0.0.1")
  const contents = { CERTIFICATE: certificate, KEY: key, CA: authority.certificate }
  const files = Object.entries(contents).map(([name, text]) => ({
    ...{ name: `WF_RPC_TLS_${name}`, path: join(folder, `${name}.pem`), text },
  }))
  for (const { path, text } of files) await Bun.write(path, text)
  return Object.fromEntries(files.map(({ name, path }) => [name, path]))
}

test.skipIf(!usable)(
  "a run goes through services that show each other certificates",
  async () => {
    const safe = { ...environment, ...(await channel()) }
    const data = join(folder, "safe")
    const stack = await startStack({
      data,
      cache: testCache,
      port: 0,
      environment: safe,
      say: () => undefined,
    })
    try {
      const { post } = asking(stack)
      await post("/api/v1/workflows", { source: slow })
      const { id } = await post("/api/v1/runs", { workflow: "slow" })
      expect(await untilOver(stack, id)).toBe("completed")
      const users = createClient(SchedulerService, createGrpcTransport({ baseUrl: stack.url }))
      const headers = { authorization: `Bearer ${stack.token}` }
      expect((await users.getRun({ runId: String(id) }, { headers })).runJson).toContain("completed")
    } finally {
      await stack.stop()
    }
  },
  900_000,
)

test.skipIf(!usable)(
  "nothing is left of a stack that was killed",
  async () => {
    const data = join(folder, "two")
    const words = [join(root, "deploy", "stack", "main.ts"), "--port", "0", "--data", data]
    const child = Bun.spawn([process.execPath, ...words], {
      env: { ...environment, WF_ENGINES_CACHE: testCache },
      stdout: "pipe",
      stderr: "ignore",
    })
    const { value } = await child.stdout.getReader().read()
    const { pids, engines } = JSON.parse(new TextDecoder().decode(value)) as {
      pids: Record<string, number>
      engines: Record<string, { pid: number }>
    }
    const all = [...Object.values(pids), ...Object.values(engines).map(({ pid }) => pid)]
    expect(all.filter(isThere)).toHaveLength(all.length)
    expect(existsSync(join(data, "token"))).toBe(true)
    child.kill("SIGKILL")
    await child.exited
    await until("all of them are gone", () => all.filter(isThere).length === 0, 30_000)
  },
  120_000,
)
