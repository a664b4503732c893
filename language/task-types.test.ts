import { describe, expect, test } from "bun:test"
import { checkDefinition } from "./check.ts"
import { compile } from "./plan.ts"
import type { Definition } from "./schema.ts"

const faultsOf = (task: object): readonly string[] => {
  const checked = checkDefinition({
    name: "test",
    inputs: { a: { type: "string" } },
    files: ["lib/run.ts"],
    tasks: { first: { run: "true" }, it: { needs: ["first"], ...task } },
  })
  return checked.ok ? [] : checked.errors.map(({ path, message }) => `${path} ${message}`)
}

const expression = (text: string): string => `${"${{"} ${text} }}`

const wrong: [object, string][] = [
  [{ uses: "script" }, "tasks.it.with a script has `code` or `file`"],
  [{ uses: "script", with: { code: "x", file: "y.ts" } }, "tasks.it.with a script has `code` or `file`"],
  [{ uses: "script", with: { file: "../y.ts" } }, "tasks.it.with.file a file is a relative path"],
  [
    { uses: "script", with: { code: `return ${expression("inputs.a")}` } },
    "tasks.it.with.code expressions are not evaluated in code",
  ],
  [{ uses: "http", with: {} }, "tasks.it.with.url `url` is missing"],
  [{ uses: "http", with: { url: "ftp://x" } }, "tasks.it.with.url a URL begins with http:// or https://"],
  [
    { uses: "http", with: { url: "https://x", json: 1, body: "x" } },
    "tasks.it.with a request has one of `json`, `form` and `body`",
  ],
  [{ uses: "http", with: { url: "https://x", method: "PULL" } }, "tasks.it.with.method must be one of"],
  [{ uses: "http", with: { url: "https://x", expected_status: "ok" } }, "tasks.it.with.expected_status"],
  [
    { uses: "container", with: { image: "-v /:/host" } },
    "tasks.it.with.image an image is written like alpine:3.22",
  ],
  [
    { uses: "container", with: { image: "a", run: "x", command: ["y"] } },
    "tasks.it.with a container has `run` or a `command`, not both",
  ],
  [{ uses: "container", with: { image: "a", workdir: "b" } }, "a folder in the container begins with /"],
  [{ uses: "http", with: { url: "https://x", auth: { bearer: "" } } }, "tasks.it.with.auth"],
  [{ uses: "http", with: { url: "https://x", headers: { "a b": 1 } } }, "this is no name of a header"],
  [
    { uses: "http", with: { url: "https://x" }, limits: { memory: "1GB" } },
    "tasks.it.limits `limits` hold processes, and `uses: http` has none",
  ],
  [
    { uses: "sleep", with: { duration: "1s" }, limits: { memory: "1GB" } },
    "tasks.it.limits `limits` means nothing for `uses: sleep`",
  ],
  [{ run: "true", limits: { memory: "lots" } }, "tasks.it.limits.memory is a size like 512MB or 2GiB"],
  [{ run: "true", limits: { memory: "1KB" } }, "tasks.it.limits.memory is a size"],
]

describe("what a task of a type needs", () => {
  test.each<[string, object]>([
    ["a script", { uses: "script", with: { code: "export default () => ({})" } }],
    ["a file", { uses: "script", with: { file: "lib/run.ts", data: { a: expression("inputs.a") } } }],
    [
      "a request",
      {
        uses: "http",
        with: {
          url: "https://example.com",
          query: { a: expression("inputs.a"), n: 1 },
          auth: { bearer: "x" },
          expected_status: ["2xx", 404],
          retry_after: false,
        },
      },
    ],
    [
      "a container",
      {
        uses: "container",
        with: { image: "alpine:3.22", run: `echo ${expression("inputs.a")}`, workdir: "/tmp" },
      },
    ],
    [
      "an image of an expression",
      { uses: "container", with: { image: `app:${expression("inputs.a")}`, command: ["serve"] } },
    ],
    ["limits", { run: "true", limits: { memory: "1.5GiB", processes: 10, open_files: 100, output: "10MB" } }],
  ])("%s", (_, task) => expect(faultsOf(task)).toEqual([]))

  test.each(wrong)("is missing or wrong in %j", (task, fault) =>
    expect(faultsOf(task).join("\n")).toContain(fault),
  )
})

test("a script is given what it needs, and a plan has limits in bytes", () => {
  const definition: Definition = {
    name: "test",
    tasks: {
      a: { run: "true" },
      b: { run: "true" },
      it: {
        needs: ["a"],
        uses: "script",
        with: { code: "export default () => ({})" },
        limits: { memory: "2MiB", output: "1KB" },
      },
    },
  }
  const planned = compile(definition).tasks.find(({ name }) => name === "it")
  expect(planned).toMatchObject({
    reads: planned?.needs,
    limits: { max_memory_bytes: 2_097_152, max_output_bytes: 1_000 },
  })
})
