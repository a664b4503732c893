import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { checkDefinition } from "#language/check.ts"
import { type EvaluationLimits, evaluateProgram } from "./evaluate.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wf-evaluate-test-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const secret = "wf_token_of_somebody"

type More = { readonly limits?: EvaluationLimits; readonly signal?: AbortSignal }

const evaluate = async (program: string, { limits, signal }: More = {}) => {
  const path = join(folder, `${crypto.randomUUID()}.ts`)
  writeFileSync(path, program)
  const notes: string[] = []
  const environment = { PATH: process.env.PATH, WF_TOKEN: secret, HOME: "/home/somebody", AWS_SECRET: secret }
  const io = {
    note: (line: string) => notes.push(line),
    environment,
    signal: signal ?? new AbortController().signal,
  }
  const told = await evaluateProgram(path, io, limits)
  const errors = told.ok ? [] : told.errors.map(({ file, line, message }) => [file === path, line, message])
  return { told, notes, errors }
}

const names = (told: Awaited<ReturnType<typeof evaluate>>["told"]) =>
  told.ok ? told.flows.map(({ definition }) => Reflect.get(definition as object, "name")) : []

test("all workflows that are exported are found, each once, also where the file stays busy", async () => {
  const { told } = await evaluate(`
    import { workflow } from "wf"
    const one = workflow("one").task("a", { run: "true" })
    export { one, one as again }
    export const many = [workflow("two").task("a", { run: "true" })]
    export default workflow("three").task("a", { run: "true" })
    export const other = 5
    setInterval(() => {}, 1_000)
  `)
  expect(names(told).toSorted()).toEqual(["one", "three", "two"])
})

test("what the documentation shows is right", async () => {
  const page = readFileSync(join(import.meta.dir, "../../docs/workflow-files.md"), "utf8")
  const [, program = ""] = /```ts\n([\s\S]*?)```/.exec(page) ?? []
  const { told } = await evaluate(program)
  const made = told.ok ? told.flows.map(({ definition }) => checkDefinition(definition)) : []
  expect(made).toEqual([{ ok: true, definition: expect.objectContaining({ name: "report" }) }])
})

test("it sees no tokens, has no terminal, and what it prints is noted without control sequences", async () => {
  const { told, notes } = await evaluate(`
    import { workflow } from "wf"
    console.log("\\u001b[2Jseen", JSON.stringify(process.env), process.stdin.isTTY, process.stdout.isTTY)
    console.error("on stderr")
    export const flow = workflow("printing").task("a", { run: "true" })
  `)
  expect(names(told)).toEqual(["printing"])
  expect(notes.join("\n")).toStartWith("seen {")
  expect(notes.join("\n")).toContain("undefined undefined\non stderr")
  for (const unwanted of [secret, "/home/somebody", "\u001b"])
    expect(notes.join("\n")).not.toContain(unwanted)
})

test("what is wrong has its place", async () => {
  expect((await evaluate("\nexport const a = {{\n")).errors[0]).toEqual([true, 2, expect.any(String)])
  expect((await evaluate("\n\nthrow new Error('bang')")).errors).toEqual([[true, 3, "bang"]])
  expect((await evaluate("throw 'text'")).errors).toEqual([[false, undefined, 'it threw "text"']])
  expect((await evaluate("export const a = 1")).errors).toEqual([
    [false, undefined, "it exports no workflow: write `export const flow = workflow(…)`"],
  ])
  expect((await evaluate("process.exit(3)")).errors).toEqual([
    [false, undefined, "its process ended with exit code 3 before it was read"],
  ])
  const taken = `import { workflow } from "wf"
    workflow("x").task("a", { run: "true" })
      .task("a", { run: "true" })`
  expect((await evaluate(taken)).errors).toEqual([[true, 3, "there is a task `a` already"]])
})

const limits = { max_ms: 30_000, max_memory_bytes: 512 * 1024 * 1024 }

test("time and memory are bounded, and an interrupt ends it", async () => {
  const endless = await evaluate("while (true) {}", { limits: { ...limits, max_ms: 500 } })
  expect(endless.errors[0]?.[2]).toStartWith("it takes longer than 0.5 s")
  const hungry = "const all = []; while (true) all.push(new Uint8Array(10_000_000).fill(1))"
  expect((await evaluate(hungry, { limits })).errors[0]?.[2]).toBe("it takes more than 512 MiB of memory")
  const interrupted = await evaluate("while (true) {}", { limits, signal: AbortSignal.timeout(200) })
  expect(interrupted.errors[0]?.[2]).toBe("it was interrupted")
})

test("what it has started ends with it, and it leaves nothing behind", async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith("wf-evaluation-"))
  const { notes, told } = await evaluate(`
    import { spawn } from "node:child_process"
    import { workflow } from "wf"
    console.log(spawn("sleep", ["600"], { stdio: "inherit" }).pid)
    export const flow = workflow("leaving").task("a", { run: "true" })
  `)
  expect(names(told)).toEqual(["leaving"])
  // Whoever prints holds on to the pipe; it was read to its end, so nobody is left.
  expect(notes[0]).toMatch(/^\d+$/)
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith("wf-evaluation-"))
  expect(after.filter((name) => !before.includes(name))).toEqual([])
})

test("a program that answers in our place is refused", async () => {
  const answering = (statement: string) =>
    evaluate(`
      import { symlinkSync, writeFileSync } from "node:fs"
      const [, , , answer] = process.argv
      ${statement}
      process.exit(0)
    `)
  const refused = [[false, undefined, "what it exports can't be read: export what `workflow(…)` answers"]]
  expect((await answering('writeFileSync(answer, "no JSON")')).errors).toEqual(refused)
  expect((await answering(`writeFileSync(answer, '{"ok":true,"flows":5}')`)).errors).toEqual(refused)
  expect((await answering('symlinkSync("/dev/zero", answer)')).errors).toEqual(refused)
})

test("who has left the program's group and holds on to what it prints holds up nobody", async () => {
  const { told, notes } = await evaluate(`
    import { spawn } from "node:child_process"
    import { workflow } from "wf"
    const { pid } = spawn("sleep", ["600"], { stdio: "inherit", detached: true })
    console.log(pid)
    export const flow = workflow("leaving").task("a", { run: "true" })
  `)
  const left = Number(notes[0])
  try {
    expect(names(told)).toEqual(["leaving"])
    expect(left).toBeGreaterThan(0)
  } finally {
    process.kill(left, "SIGKILL")
  }
})

test.skipIf(process.platform !== "linux")(
  "what it has started ends with it, also in a session of its own",
  async () => {
    const mark = crypto.randomUUID()
    const { told } = await evaluate(`
      import { workflow } from "wf"
      import { spawn } from "node:child_process"
      for (const way of [{ detached: true, stdio: "ignore" }, { detached: true, stdio: "inherit" }]) {
        spawn("sh", ["-c", "trap '' TERM; setsid sh -c 'sleep 60; :' $0 & sleep 60; :", "${mark}"], way).unref()
      }
      await new Promise((go) => setTimeout(go, 200))
      export const flow = workflow("leaving").task("a", { run: "true" })
    `)
    expect(names(told)).toEqual(["leaving"])
    expect(processesWith(mark)).toEqual([])
  },
)

const processesWith = (mark: string): readonly string[] =>
  readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(mark)
    } catch {
      return false
    }
  })
