import { expect, test } from "bun:test"
import { join } from "node:path"

const root = join(import.meta.dir, "..")

/** What a process has loaded once it has imported these. */
const loadedBy = async (...paths: readonly string[]): Promise<readonly string[]> => {
  const imports = paths.map((path) => `await import(${JSON.stringify(join(root, path))});`).join("")
  const child = Bun.spawn(
    [process.execPath, "-e", `${imports} console.log(Object.keys(require.cache).join("\\n"))`],
    { stdout: "pipe", stderr: "inherit" },
  )
  return (await new Response(child.stdout).text()).split("\n").map((path) => path.replace(`${root}/`, ""))
}

test("help loads neither the client nor a library but the parser of its words", async () => {
  const loaded = await loadedBy("cli/program.ts", "cli/terminal.ts")
  expect(loaded).toContain("cli/commands.ts")
  const libraries = loaded.filter((path) => path.includes("node_modules/") && !path.includes("/commander/"))
  expect(libraries).toEqual([])
  expect(loaded.filter((path) => path.startsWith("sdk/"))).toEqual(["sdk/problem.ts"])
})

test("what shows something alive loads what draws it only when it does", async () => {
  const commands = ["platform/top", "run/watch", "inbox/open"].map((name) => `cli/commands/${name}.ts`)
  const loaded = await loadedBy(...commands)
  expect(loaded).toContain("cli/connection.ts")
  expect(loaded.filter((path) => /node_modules\/(?:ink|react)\//.test(path))).toEqual([])
})

test("a command that asks the platform doesn't load what workers and workflows are written with", async () => {
  const loaded = await loadedBy("cli/program.ts", "cli/commands/runs/list.ts", "cli/commands/run/run.ts")
  expect(loaded).toContain("sdk/client.ts")
  expect(loaded.filter((path) => /^sdk\/(?:index|worker|authoring)/.test(path))).toEqual([])
})

test("a list doesn't load the library of schemas, which takes longer than all the rest of it", async () => {
  const loaded = await loadedBy("cli/program.ts", "cli/commands/runs/list.ts")
  expect(loaded).toContain("cli/connection.ts")
  expect(loaded.filter((path) => path.includes("node_modules/zod/"))).toEqual([])
})
