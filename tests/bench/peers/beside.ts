import { chmodSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { runCommand } from "#deploy/engines/command.ts"
import { installedFolder, installOnce } from "#deploy/engines/install.ts"
import { takePorts } from "#deploy/engines/ports.ts"
import { startEmbedded } from "#kernel/database/embedded/start.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { linesOf } from "#sdk/streams.ts"
import type { Measurement } from "../measurement.ts"
import type { Line } from "../table.ts"
import { startRedis } from "./redis.ts"

type Known = { readonly name: string; readonly packages: readonly string[]; readonly redis?: true }

/** In the order in which they are measured; their first package tells their version. */
export const peers: readonly Known[] = [
  { name: "pg-boss", packages: ["pg-boss@12.35.0"] },
  { name: "graphile-worker", packages: ["graphile-worker@0.18.0"] },
  { name: "bullmq", packages: ["bullmq@6.7.0", "ioredis@6.0.0"], redis: true },
  { name: "dbos", packages: ["@dbos-inc/dbos-sdk@5.3.0"] },
  { name: "restate", packages: ["@restatedev/restate-server@1.7.12", "@restatedev/restate-sdk@1.17.2"] },
]

/** The runtime that they are made for, the same for all. */
const node = { name: "node", version: "24.21.0" }
const max_complaint_chars = 600

type Beside = {
  readonly cache: string
  readonly folder: string
  readonly seconds: number
  readonly report: (line: Line) => void
  /** Told what ends all that was started, for whoever breaks it off. */
  readonly started: (stop: () => Promise<void>) => void
}

const npm = (folder: string, packages: readonly string[]): Promise<string> => {
  const words = ["npm", "install", "--no-audit", "--no-fund", "--save-exact", ...packages]
  return runCommand({ words, folder })
}

const install = async (cache: string, name: string, packages: readonly string[]): Promise<string> => {
  const version = packages[0]?.split("@").at(-1) ?? ""
  const recipe = { name: `peer-${name}`, version }
  const build = async (folder: string) => {
    await Bun.write(join(folder, "package.json"), '{ "private": true, "type": "module" }\n')
    await npm(folder, packages)
  }
  await installOnce(cache, { ...recipe, build })
  return installedFolder(cache, recipe)
}

/** Into the folder of its packages, so that it finds them. */
const bundle = async (packages: string): Promise<string> => {
  const outdir = join(packages, "bench")
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "main.ts")],
    outdir,
    target: "node",
    packages: "external",
    splitting: true,
    naming: "[name]-[hash].js",
  })
  const entry = built.outputs.find(({ kind }) => kind === "entry-point")
  if (entry === undefined) throw new Error("the peer could not be built")
  return entry.path
}

const openGround = async ({ name, redis }: Known, folder: string) => {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o711)
  const { postgres, key_value, ...more } = await takePorts(["postgres", "key_value", "a", "b", "c", "d"])
  const server = await startEmbedded({ data: join(folder, "postgres"), port: postgres, log: silentLog })
  const stopRedis = redis === undefined ? undefined : await startRedis(join(folder, name), key_value)
  return {
    ground: {
      postgres_url: server.tcp_url ?? "",
      redis_port: key_value,
      ports: Object.values(more),
      folder,
    },
    async stop() {
      await stopRedis?.()
      await server.stop()
    },
  }
}

const measurePeer = async (
  known: Known,
  { cache, folder, seconds, report, started }: Beside,
): Promise<void> => {
  const system = known.packages[0] ?? known.name
  const runtime = await install(cache, node.name, [`node@${node.version}`])
  const packages = await install(cache, known.name, known.packages)
  const entry = await bundle(packages)
  const { ground, stop } = await openGround(known, join(folder, known.name))
  try {
    const given = { name: known.name, seconds, ground: { ...ground, packages } }
    const words = [join(runtime, "node_modules/node/bin/node"), entry, JSON.stringify(given)]
    const child = Bun.spawn(words, { cwd: packages, stdin: "ignore", stdout: "pipe", stderr: "pipe" })
    started(async () => {
      child.kill("SIGTERM")
      await child.exited
      await stop()
    })
    const complaint = new Response(child.stderr).text()
    for await (const line of linesOf(child.stdout)) {
      if (!line.startsWith("{")) continue
      report({ ...(JSON.parse(line) as Omit<Measurement, "system">), system })
    }
    if ((await child.exited) === 0) return
    throw new Error((await complaint).trim().slice(0, max_complaint_chars))
  } finally {
    await stop()
  }
}

/** Each on fresh ground: the same PostgreSQL with the same settings, or a Redis that syncs each write. */
export const measurePeers = async (names: readonly string[], beside: Beside): Promise<void> => {
  for (const known of peers.filter(({ name }) => names.includes(name))) {
    try {
      await measurePeer(known, beside)
    } catch (error) {
      const not_measured = error instanceof Error ? error.message : String(error)
      beside.report({ workload: "*", system: known.name, not_measured })
    }
  }
}
