import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let folder: string
beforeAll(async () => {
  it = await platform()
  folder = mkdtempSync(join(tmpdir(), "wf-e2e-authoring-"))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const flow = `import { workflow, z } from "wf"

console.log("written by the file itself")

export const flow = workflow("authored", { files: ["words.txt"] })
  .input({ times: { type: "integer", default: 2 } })
  .task("count", ({ inputs }) => ({
    run: \`echo "rows=$(( \${inputs.times} * $(wc -l < words.txt) ))" >> "$WF_OUTPUT"\`,
    outputs: { rows: z.int() },
  }))
  .task("tell", ({ tasks }) => ({
    needs: ["count"],
    uses: "script",
    with: {
      code: "export default ({ data }) => ({ rows: data.rows + 1 })",
      data: { rows: tasks.count.outputs.rows },
    },
  }))
`

const same = `name: authored
files: [words.txt]
inputs: { times: { type: integer, default: 2 } }
tasks:
  count:
    run: echo "rows=$(( \${{ inputs.times }} * $(wc -l < words.txt) ))" >> "$WF_OUTPUT"
    outputs: [rows]
  tell:
    needs: [count]
    uses: script
    with:
      code: "export default ({ data }) => ({ rows: data.rows + 1 })"
      data: { rows: "\${{ tasks.count.outputs.rows }}" }
`

test("a TypeScript file is checked, planned, pushed and run, and is the same version as its YAML", async () => {
  const path = write("flow.ts", flow)
  write("words.txt", "one\ntwo\n")
  const note = "written by the file itself\n"
  expect(await it.wf(["validate", path])).toEqual({ code: 0, stdout: "", stderr: note })
  expect((await it.wf(["plan", path])).stdout).toBe(
    "count\tshell\tsuccess\t\t\ntell\tscript\tsuccess\tcount\t\n",
  )
  expect(await it.wf(["push", path])).toEqual({ code: 0, stdout: "authored\t1\tcreated\n", stderr: note })
  expect((await it.wf(["push", write("flow.yml", same)])).stdout).toBe("authored\t1\tunchanged\n")
  const ran = await it.wf(["run", path, "-i", "times=3", "--json"])
  expect(ran.code).toBe(0)
  const run = JSON.parse(ran.stdout.trimEnd().split("\n").at(-1) ?? "") as {
    readonly tasks: readonly { readonly outputs: unknown }[]
  }
  expect(run.tasks.map(({ outputs }) => outputs)).toEqual([{ rows: 6 }, { rows: 7 }])
})

test("what is wrong is told with its line, and nothing is sent", async () => {
  const path = write(
    "wrong.ts",
    `import { workflow } from "wf"
export default workflow("authored-wrong", { files: ["absent.txt"] })
  .task("one", { run: "echo \${{ inputs.absent }}" })
  .task("two", { needs: ["three"], run: "true" })
`,
  )
  const refused = await it.wf(["push", path])
  expect([refused.code, refused.stdout, refused.stderr]).toEqual([
    2,
    "",
    `${path}:3:4: tasks.one.run: unknown input \`absent\`\n${path}:4:4: tasks.two.needs[0]: needs the unknown task \`three\`\n`,
  ])
  expect((await it.wf(["workflows", "show", "authored-wrong"])).code).toBe(5)
})

test("a file may have several workflows: all are pushed, and none is run by the file's name", async () => {
  const path = write(
    "several.ts",
    `import { workflow } from "wf"
export const flows = ["north", "south"].map((shop) =>
  workflow(\`shop-\${shop}\`).task("open", { run: \`echo \${shop}\` }),
)
`,
  )
  expect((await it.wf(["push", path])).stdout).toBe("shop-north\t1\tcreated\nshop-south\t1\tcreated\n")
  const refused = await it.wf(["run", path])
  expect([refused.code, refused.stderr]).toEqual([
    2,
    `wf: ${path} has 2 workflows: shop-north, shop-south. Push it with \`wf push\`, and name the one that is meant.\n`,
  ])
})

const outputsOf = async (run_id: string): Promise<Readonly<Record<string, unknown>>> => {
  const { tasks = [] } = await it.client.runs.get(run_id)
  return Object.fromEntries(tasks.map(({ task, outputs }) => [task, outputs]))
}

test("the example in TypeScript counts for each shop, and orders the sum", async () => {
  const { code, stdout } = await it.wf(["run", "examples/restock.ts", "-i", 'shops=["east","west"]'])
  expect([code, stdout]).toEqual([0, expect.stringContaining("Ordering 72 loaves at the mill")])
  const nothing = await it.wf(["run", "examples/restock.ts", "-i", "shops=[]"])
  expect([nothing.code, nothing.stdout]).toEqual([0, expect.not.stringContaining("Ordering")])
})

test("the example of an ETL hands on what its scripts made, as files and as outputs", async () => {
  const small = await it.wf(["run", "examples/etl.yml", "--json"])
  expect(small.code).toBe(0)
  for (const rows of [500, 50_000]) {
    const ran = await it.wf(["run", "examples/etl.yml", "-i", `rows=${rows}`, "--json"])
    expect([rows, ran.code]).toEqual([rows, 0])
    const { id } = JSON.parse(ran.stdout.trimEnd().split("\n").at(-1) ?? "") as { readonly id: string }
    const outputs = await outputsOf(id)
    const { totals, kept, left_out } = outputs.transform as {
      readonly totals: Readonly<Record<string, number>>
      readonly kept: number
      readonly left_out: number
    }
    expect([kept + left_out, Object.keys(totals).sort()]).toEqual([rows, ["east", "north", "south"]])
    expect((outputs.load as { readonly shop: readonly string[] }).shop.toSorted()).toEqual([
      "east",
      "north",
      "south",
    ])
    const files = (await it.client.artifacts.list(id)).items.map(({ name }) => name)
    const loaded = ["load[0]/loaded.csv", "load[1]/loaded.csv", "load[2]/loaded.csv"]
    expect(files).toEqual(["data/orders.csv", ...loaded, "out/totals.json"])
    const sums = Object.entries(totals).map(([shop, sum]) => `report\t${shop},${sum}`)
    const log = (await it.wf(["logs", id, "--task", "report"])).stdout.trimEnd().split("\n")
    expect(log.filter((line) => line.includes(",")).slice(0, 3)).toEqual(sums.toSorted())
    const { stdout } = await it.wf(["artifacts", "download", id, "out/totals.json", "-o", "-"])
    expect(JSON.parse(stdout)).toEqual(totals)
  }
})
