import { expect, test } from "bun:test"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { parse } from "yaml"
import { serviceNames } from "#deploy/stack/services.ts"
import type { Service, Store } from "#kernel/service/service.ts"
import { readSettings } from "#kernel/service/settings.ts"

const root = join(import.meta.dir, "..", "..")
const read = (path: string) => Bun.file(join(root, path)).text()

type Container = {
  image: string
  command?: readonly string[]
  environment?: Readonly<Record<string, string | number | null>>
  healthcheck?: { test: readonly string[] }
  depends_on?: Readonly<Record<string, { condition: string }>>
  ports?: readonly string[]
  volumes?: readonly string[]
}

type Compose = {
  services: Readonly<Record<string, Container>>
  volumes: Readonly<Record<string, object>>
}

/** As it is without any variable set. */
const composeFile = async (): Promise<Compose> => {
  const text = (await read("compose.yml")).replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1")
  return parse(text, { merge: true, maxAliasCount: 1_000 }) as Compose
}

const serviceOf = async (name: string): Promise<Service<unknown, Store>> => {
  const module = (await import(join(root, "services", name, "service.ts"))) as Record<string, unknown>
  return module[name] as Service<unknown, Store>
}

/** What the image sets for all. */
const ofImage = async (): Promise<Record<string, string>> => {
  const [, text = ""] = /^ENV (.+)$/m.exec(await read("deploy/docker/Dockerfile")) ?? []
  return Object.fromEntries(text.split(" ").map((pair) => pair.split("=") as [string, string]))
}

test("every service has its container, which runs it and is healthy when it is ready", async () => {
  const { services } = await composeFile()
  for (const name of serviceNames()) {
    const container = services[name]
    expect(container?.command).toEqual(["bun", `services/${name}/main.ts`])
    expect(container?.healthcheck?.test.join(" ")).toContain("/health/ready")
    expect(existsSync(join(root, "services", name, "main.ts"))).toBe(true)
  }
})

test("every service accepts the settings that its container gets", async () => {
  const { services } = await composeFile()
  const image = await ofImage()
  for (const name of serviceNames()) {
    const given = Object.entries(services[name]?.environment ?? {})
    const environment = {
      ...image,
      ...Object.fromEntries(given.map(([key, value]) => [key, String(value ?? "")])),
    }
    const settings = readSettings(await serviceOf(name), environment)
    for (const [peer, url] of settings.peers) expect(url).toBe(`http://${peer}:4401`)
  }
})

test("no setting is given that nobody reads", async () => {
  const { services } = await composeFile()
  const shared = ["kernel/service/settings.ts", "kernel/service/compose.ts", "kernel/http/cors.ts"]
  const parts = ["services/iam/oidc/settings.ts"]
  const known = (await Promise.all([...shared, ...parts].map(read))).join("\n") + (await configs())
  const given = serviceNames().flatMap((name) => Object.keys(services[name]?.environment ?? {}))
  const peers = new Set(serviceNames().map((name) => `WF_${name.toUpperCase()}_RPC_URL`))
  expect([...new Set(given)].filter((name) => !peers.has(name) && !known.includes(name))).toEqual([])
})

const configs = async () => {
  const texts = await Promise.all(serviceNames().map((name) => read(`services/${name}/config.ts`)))
  return texts.join("\n")
}

test("whoever is waited for says when it is there, and whatever is mounted exists", async () => {
  const { services, volumes } = await composeFile()
  for (const { depends_on = {}, volumes: mounts = [] } of Object.values(services)) {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      const target = services[name]
      if (condition === "service_healthy") expect(target?.healthcheck).toBeDefined()
      else expect([name, condition]).toEqual(["key", "service_completed_successfully"])
    }
    for (const [source = ""] of mounts.map((mount) => mount.split(":"))) {
      expect(source.startsWith(".") ? existsSync(join(root, source)) : source in volumes).toBe(true)
    }
  }
})

test("only the gateway can be reached from outside, and only from this machine", async () => {
  const { services } = await composeFile()
  const open = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))
  expect(open).toEqual([["envoy", "127.0.0.1:4400:8080"]])
})

test("the gateway knows the services by the names and ports that they have", async () => {
  const { services } = await composeFile()
  const gateway = await read("envoy/envoy.yaml")
  const places = [...gateway.matchAll(/address: ([a-z][a-z0-9]*), port_value: (\d+)/g)]
  const there = places.filter(([, name = ""]) => name in services).map(([, name, port]) => `${name}:${port}`)
  const doors = serviceNames().filter((name) => name !== "worker")
  const others = ["scheduler:4401", "s3:7070"]
  expect(there.sort()).toEqual([...doors.map((name) => `${name}:4400`), ...others].sort())
})

test("the image holds all that services import", async () => {
  const dockerfile = await read("deploy/docker/Dockerfile")
  const copied = new Set([...dockerfile.matchAll(/^COPY ([a-z]+) \1$/gm)].map(([, folder]) => folder))
  const imported = new Set<string>()
  for (const folder of copied) {
    for (const file of readdirSync(join(root, folder ?? ""), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts") || /\.(test|suite)\.ts$|testing\//.test(file)) continue
      const text = await read(join(folder ?? "", file))
      for (const [, name = ""] of text.matchAll(/from "#([a-z]+)\//g)) imported.add(name)
    }
  }
  expect([...imported].filter((name) => !copied.has(name))).toEqual([])
})
