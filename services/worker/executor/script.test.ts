import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { given } from "../given.ts"
import { script } from "./script.ts"

const worker = given.ground()
afterAll(() => worker.close())

type Wanted = Parameters<typeof worker.run>[2]

const ran = (code: string, more: Wanted = {}, rest: object = {}) =>
  worker.run(script(worker.ground), { uses: "script", with: { code }, ...rest }, more)

test("what the function returns are the outputs, with their types", async () => {
  const { outcome } = await ran(`
    type Row = { readonly count: number }
    export default async (): Promise<{ row: Row; names: string[] }> => ({ row: { count: 3 }, names: ["a"] })`)
  expect(outcome).toMatchObject({ ok: true, outputs: { row: { count: 3 }, names: ["a"] } })
})

test("the function sees its inputs, the tasks before it, its data and variables", async () => {
  const { outcome } = await worker.run(
    script(worker.ground),
    {
      uses: "script",
      env: { REGION: "eu" },
      with: {
        data: { twice: `${"${{"} inputs.count * 2 }}` },
        code: `export default ({ inputs, tasks, data, env, run, attempt }) =>
          ({ sum: inputs.count + tasks.before.outputs.rows, twice: data.twice, region: env.REGION + process.env.REGION, run: run.id, attempt })`,
      },
    },
    {
      context: {
        inputs: { count: 4 },
        tasks: { before: { status: "completed", outputs: { rows: 3 } } },
        run: { id: "r", workflow: "w", version: 1 },
      },
    },
  )
  expect(outcome).toMatchObject({
    ok: true,
    outputs: { sum: 7, twice: 8, region: "eueu", run: "r", attempt: 1 },
  })
})

test("log and console write to the task's log, and outputs come from three sides", async () => {
  const { outcome, lines } = await ran(`
    import { appendFileSync } from "node:fs"
    export default ({ log, outputs }) => {
      log("one", { a: 1 }); console.log("two"); console.error("three")
      appendFileSync(process.env.WF_OUTPUT, "file=1\\nboth=file\\n")
      outputs.set = 2
      return { returned: 3, both: "returned" }
    }`)
  expect(outcome).toMatchObject({ ok: true, outputs: { file: 1, set: 2, returned: 3, both: "returned" } })
  const texts = lines.map(([stream, text]) => `${stream} ${text}`)
  expect(texts.toSorted().join("\n")).toContain("stderr three")
  expect(texts.filter((text) => text.startsWith("stdout")).slice(-1)).toEqual(["stdout two"])
})

test("everything that was printed is there, though the process ends right after", async () => {
  const code =
    "export default ({ log }) => { for (let i = 0; i < 20000; i++) log('line ' + i); console.error('last') }"
  const busy = Array.from({ length: 8 }, () => Bun.spawn(["/bin/sh", "-c", "while :; do :; done"]))
  try {
    const { lines } = await ran(code)
    expect(lines).toHaveLength(20_001)
  } finally {
    for (const one of busy) one.kill()
  }
})

const failures: readonly [string, string, object][] = [
  [
    "throws",
    "export default () => { throw new TypeError('no rows') }",
    { error: { code: "script.failed", message: "TypeError: no rows" }, non_retryable: false },
  ],
  [
    "throws what needs no retry",
    "export default () => { throw Object.assign(new Error('never'), { non_retryable: true }) }",
    { non_retryable: true },
  ],
  [
    "throws what is to wait",
    "export default () => { throw Object.assign(new Error('later'), { retry_after_ms: 5000 }) }",
    { retry_after_ms: 5000 },
  ],
  [
    "throws text",
    "export default () => { throw 'plain' }",
    { error: { code: "script.failed", message: "Error: plain" } },
  ],
  ["can't be read", "export default ( => {", { error: { code: "script.failed" } }],
  [
    "has no function",
    "export const one = 1",
    {
      error: { code: "script.invalid", message: expect.stringContaining("export default async") },
      non_retryable: true,
    },
  ],
  [
    "returns no object",
    "export default () => 7",
    { error: { code: "script.invalid", message: expect.stringContaining("it returned number") } },
  ],
  ["returns what is no JSON", "export default () => ({ big: 10n })", { error: { code: "script.invalid" } }],
  [
    "leaves before it returned",
    "export default () => process.exit(0)",
    { error: { code: "script.unfinished" } },
  ],
  [
    "leaves badly",
    "export default () => process.exit(4)",
    { error: { code: "task.exit", message: "exit code 4" } },
  ],
  [
    "names an output badly",
    "export default () => ({ 'a b': 1 })",
    { error: { code: "outputs.invalid" }, non_retryable: true },
  ],
  [
    "wants a package that is not there",
    "import x from 'left-pad-nobody-has'\nexport default () => x",
    { error: { code: "script.failed" } },
  ],
]

describe("a script that fails", () => {
  test.each(failures)("because it %s says so", async (_, code, expected) => {
    expect((await ran(code)).outcome).toMatchObject({ ok: false, ...expected })
  })

  test("by promises that nobody awaits fails at once", async () => {
    const { outcome } = await ran(
      "export default async () => { Promise.reject(new Error('unseen')); await Bun.sleep(60_000) }",
    )
    expect(outcome).toMatchObject({ ok: false, error: { code: "script.failed", message: "Error: unseen" } })
  })
})

test("a script is stopped with all that it started, though it never ends by itself", async () => {
  const stop = new AbortController()
  const reason = { code: "task.timeout", message: "too long" }
  const { outcome } = await ran("export default async ({ log }) => { log('up'); for (;;) {} }", {
    signal: stop.signal,
    onLine: (text) => text === "up" && stop.abort(reason),
  })
  expect(outcome).toMatchObject({ ok: false, error: reason })
})

test("a script that takes too much memory is ended alone, and the worker lives", async () => {
  const code =
    "export default async () => { const all = []; for (;;) { all.push(new Uint8Array(20e6).fill(1)); await Bun.sleep(5) } }"
  const { outcome } = await ran(code, {}, { limits: { memory: "200MiB" } })
  expect(outcome).toMatchObject({ ok: false, error: { code: "task.memory" } })
})

test("the worker's environment is not the script's, and what it was given is on no disk any more", async () => {
  process.env.WF_TEST_SECRET = "hidden"
  const { outcome } = await ran(`
    import { readdirSync } from "node:fs"
    export default ({ env }) => ({ found: process.env.WF_TEST_SECRET ?? "nothing", files: readdirSync(".."), own: readdirSync(".") })`)
  delete process.env.WF_TEST_SECRET
  expect(outcome).toMatchObject({
    ok: true,
    outputs: { found: "nothing", files: ["output", "work"], own: [] },
  })
})

describe("a file of the task's folder", () => {
  const withFile = (file: string, prepare: (work: string) => void) =>
    worker.run(
      script(worker.ground),
      { uses: "script", with: { file } },
      {
        prepare: (folder) => {
          mkdirSync(join(folder, "work/lib"), { recursive: true })
          prepare(join(folder, "work"))
        },
      },
    )

  test("can be the script, and import its neighbours", async () => {
    const { outcome } = await withFile("lib/run.ts", (work) => {
      writeFileSync(
        join(work, "lib/run.ts"),
        'import { one } from "./one.ts"\nexport default () => ({ one })',
      )
      writeFileSync(join(work, "lib/one.ts"), "export const one: number = 1")
    })
    expect(outcome).toMatchObject({ ok: true, outputs: { one: 1 } })
  })

  test.each(["nowhere.ts", "lib", "link.ts", "folder/run.ts"])("that is %s is refused", async (file) => {
    const { outcome } = await withFile(file, (work) => {
      symlinkSync(import.meta.path, join(work, "link.ts"))
      symlinkSync(import.meta.dir, join(work, "folder"))
    })
    expect(outcome).toMatchObject({ ok: false, non_retryable: true, error: { code: "script.missing" } })
  })
})
