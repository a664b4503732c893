import { spawn } from "node:child_process"
import { openSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { serve, service } from "@restatedev/restate-sdk"
import type { Ground, Peer } from "./peer.ts"

const nothing = async () => undefined
const ready_ms = 30_000
const look_ms = 100

const bench = service({
  name: "Bench",
  handlers: {
    chain: async (context, length) => {
      for (let index = 0; index < length; index += 1) await context.run(`s${index}`, nothing)
    },
    fanOut: async (context, width) => {
      await Promise.all(Array.from({ length: width }, (_, index) => context.run(`s${index}`, nothing)))
    },
  },
})

const post = async (url: string, body: unknown): Promise<void> => {
  const headers = { "content-type": "application/json" }
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
}

const startServer = ({ packages, folder, ports }: Ground) => {
  const [ingress, admin, node] = ports
  const place = `node_modules/@restatedev/restate-server-${process.platform}-${process.arch}`
  const log = openSync(join(folder, "restate.log"), "w")
  const words = ["--base-dir", join(folder, "restate")]
  return spawn(join(packages, place, "bin/restate-server"), words, {
    stdio: ["ignore", log, log],
    env: {
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
      RESTATE_DISABLE_TELEMETRY: "true",
      DO_NOT_TRACK: "1",
    },
  })
}

const register = async (admin: string, uri: string): Promise<void> => {
  const deadline_ms = performance.now() + ready_ms
  for (;;) {
    const refused = await post(`${admin}/deployments`, { uri }).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (refused === undefined) return
    if (performance.now() > deadline_ms) throw refused
    await wait(look_ms)
  }
}

export const peer: Peer = {
  async open(ground) {
    const [ingress, admin, , endpoint = 0] = ground.ports
    const server = startServer(ground)
    const close = async () => {
      const exited = new Promise((resolve) => server.once("exit", resolve))
      server.kill("SIGTERM")
      await exited
    }
    try {
      await serve({ services: [bench], port: endpoint })
      await register(`http://127.0.0.1:${admin}`, `http://127.0.0.1:${endpoint}`)
    } catch (error) {
      await close()
      throw error
    }
    const call = (handler: string) => (given: number) =>
      post(`http://127.0.0.1:${ingress}/Bench/${handler}`, given)
    return { flows: { chain: call("chain"), fanOut: call("fanOut") }, close }
  },
}
