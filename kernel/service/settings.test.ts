import { describe, expect, test } from "bun:test"
import { z } from "zod"
import { ConfigError, type Environment, wholeNumber } from "#kernel/config/config.ts"
import { service } from "./service.ts"
import { readSettings } from "./settings.ts"

const example = service({
  name: "example",
  config: z.object({ WF_EXAMPLE_LIMIT: wholeNumber({ min: 1, max: 9 }) }),
  needs: ["database", "hot", "documents"],
  calls: ["iam", "example"],
  start: () => ({}),
})

const whole: Environment = {
  WF_HTTP_PORT: "4400",
  WF_RPC_PORT: "4401",
  WF_KAFKA_BROKERS: "one:9092, two:9092",
  WF_KEY_FILE: "/key",
  WF_POSTGRES_URL: "postgres://localhost/wf",
  WF_MONGO_URL: "mongodb://localhost",
  WF_IAM_RPC_URL: "http://localhost:4402",
  WF_EXAMPLE_LIMIT: "3",
}

const faultsOf = (environment: Environment): readonly string[] => {
  try {
    readSettings(example, environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test("settings that are whole are read, with the services that are called", () => {
  const settings = readSettings(example, whole)
  expect(settings).toMatchObject({ WF_HTTP_PORT: 4400, WF_KAFKA_BROKERS: ["one:9092", "two:9092"] })
  expect([...settings.peers]).toEqual([["iam", "http://localhost:4402"]])
})

test("all that is missing is told together, each once, its own settings included", () => {
  expect(faultsOf({}).toSorted()).toEqual(
    Object.keys(whole)
      .map((name) => `${name}: is not set`)
      .toSorted(),
  )
})

test("documents are in PostgreSQL where that is said", () => {
  const { WF_MONGO_URL: _, ...others } = whole
  expect(faultsOf({ ...others, WF_DOCUMENTS: "postgres" })).toEqual([])
  const { WF_POSTGRES_URL: __, ...none } = others
  expect(faultsOf({ ...none, WF_DOCUMENTS: "postgres" })).toEqual(["WF_POSTGRES_URL: is not set"])
})

test("an empty value is a missing one", () => {
  expect(faultsOf({ ...whole, WF_KEY_FILE: "" })).toEqual(["WF_KEY_FILE: is not set"])
})

test.each([
  ["WF_HTTP_PORT", "70000"],
  ["WF_HTTP_PORT", "http"],
  ["WF_KAFKA_BROKERS", "one:9092,,two:9092"],
  ["WF_POSTGRES_URL", "localhost"],
  ["WF_EXAMPLE_LIMIT", "10"],
  ["WF_LOG_LEVEL", "loud"],
  ["WF_DOCUMENTS", "mysql"],
])("%s=%s is refused, with its name", (name, value) => {
  const faults = faultsOf({ ...whole, [name]: value })
  expect(faults).toHaveLength(1)
  expect(faults[0]).toStartWith(`${name}`)
})

describe("calls by TLS", () => {
  const [certificate, key, ca] = ["WF_RPC_TLS_CERTIFICATE", "WF_RPC_TLS_KEY", "WF_RPC_TLS_CA"] as const
  const safe = { ...whole, [certificate]: "/c", [key]: "/k", [ca]: "/a", WF_IAM_RPC_URL: "https://iam:4401" }

  test("need all three files", () => {
    expect(faultsOf(safe)).toEqual([])
    expect(faultsOf({ ...safe, [ca]: "" })).toEqual([
      `${ca}: is not set; it belongs to ${certificate} and ${key}`,
    ])
    expect(faultsOf({ ...whole, [key]: "/k" })).toHaveLength(2)
  })

  test("need peers that take them", () => {
    expect(faultsOf({ ...safe, WF_IAM_RPC_URL: "http://iam:4401" })).toEqual([
      `WF_IAM_RPC_URL: must begin with https://, as ${certificate} is set`,
    ])
  })
})

describe("a service's process", () => {
  const start = async (environment: Record<string, string>) => {
    const main = new URL("../../services/iam/main.ts", import.meta.url).pathname
    const child = Bun.spawn([process.execPath, main], { env: environment, stdout: "pipe", stderr: "pipe" })
    const [code, out, err] = await Promise.all([
      child.exited,
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    return { code, out, lines: err.trimEnd().split("\n") }
  }

  test("without any setting names them all and exits with 78", async () => {
    const { code, out, lines } = await start({})
    expect([code, out]).toEqual([78, ""])
    expect(lines[0]).toBe("iam: the settings are not valid:")
    expect(lines.slice(1)).toEqual(
      ["WF_HTTP_PORT", "WF_RPC_PORT", "WF_KAFKA_BROKERS", "WF_KEY_FILE", "WF_POSTGRES_URL"].map(
        (name) => `  ${name}: is not set`,
      ),
    )
  })

  test("whose key can't be read says so and exits with 78", async () => {
    const { code, lines } = await start({
      ...{ WF_HTTP_PORT: "0", WF_RPC_PORT: "0", WF_KAFKA_BROKERS: "127.0.0.1:1", WF_LOG_LEVEL: "error" },
      ...{ WF_KEY_FILE: "/nowhere/key", WF_POSTGRES_URL: "postgres://127.0.0.1:1/wf" },
    })
    expect(code).toBe(78)
    expect(lines.join("\n")).toContain("WF_KEY_FILE: ENOENT")
  })
})
