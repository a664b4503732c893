import { beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let folder: string
beforeAll(async () => {
  it = await platform()
  folder = mkdtempSync(join(tmpdir(), "wf-secrets-"))
}, 120_000)

const file = (name: string, text: string) => {
  const path = join(folder, `${name}.yml`)
  writeFileSync(path, `name: ${name}\n${text}`)
  return path
}

describe("a secret", () => {
  test("reaches the task that declares it, and comes out of it in no form", async () => {
    const value = "p4ss word/ü+value"
    const set = await it.wf(["secrets", "set", "DOOR_KEY"], { stdin: `${value}\n` })
    expect([set.code, set.stdout]).toEqual([0, ""])
    const path = file(
      "leaky",
      [
        "secrets: [DOOR_KEY]",
        "tasks:",
        "  tell:",
        "    secrets: [DOOR_KEY]",
        "    env: { KEY: '${{ secrets.DOOR_KEY }}' }",
        "    run: |",
        '      printf %s "$KEY" | wc -c',
        '      echo "raw $KEY"',
        '      printf "ada:%s" "$KEY" | base64',
        "      printf '%s' p4ss; sleep 0.1; echo ' word/ü+value'",
        '      echo "inline ${{ secrets.DOOR_KEY }}"',
        '      echo "key=$KEY" >> "$WF_OUTPUT"',
        "  ask:",
        "    needs: [tell]",
        '    run: echo "got ${{ tasks.tell.outputs.key }}" "$KEY"',
      ].join("\n"),
    )
    const ran = await it.wf(["run", path])
    expect(ran.code).toBe(0)
    const [run] = (await it.client.runs.list({ workflow: "leaky" })).items
    const logs = await it.wf(["logs", run?.id ?? ""])
    const lines = logs.stdout.trim().split("\n")
    expect(lines.map((line) => line.split("\t")[1])).toEqual([
      "18",
      "raw ***",
      expect.stringContaining("***"),
      "***",
      "inline ***",
      "got ***",
    ])
    const tasks = JSON.stringify(await it.client.runs.tasks(run?.id ?? ""))
    const shown = JSON.stringify(await it.client.runs.get(run?.id ?? ""))
    const everything = [ran.stdout, ran.stderr, logs.stdout, tasks, shown].join("\n")
    for (const form of [value, "p4ss word", Buffer.from(value).toString("base64").slice(0, 12)]) {
      expect(everything).not.toContain(form)
    }
    for await (const event of it.client.runs.watch(run?.id ?? "")) {
      expect(JSON.stringify(event)).not.toContain("p4ss")
    }
  })

  test("that isn't set fails its task with what to do; then it is set, listed, rotated and deleted", async () => {
    const path = file("needy", "secrets: [NOT_YET]\ntasks:\n  one: { run: echo fine, secrets: [NOT_YET] }\n")
    const failed = await it.wf(["run", path])
    expect(failed.code).toBe(1)
    expect(failed.stderr + failed.stdout).toContain("wf secrets set NOT_YET")
    await it.wf(["secrets", "set", "NOT_YET"], { stdin: "now it is" })
    expect((await it.wf(["run", path])).code).toBe(0)
    const list = await it.wf(["secrets", "list"])
    expect(list.stdout.split("\n").map((line) => line.split("\t")[0])).toContain("NOT_YET")
    const rotated = await it.wf(["secrets", "rotate-key"])
    expect([rotated.code, Number(rotated.stdout) >= 1]).toEqual([0, true])
    expect((await it.wf(["run", path])).code).toBe(0)
    const asked = await it.wf(["secrets", "delete", "NOT_YET"])
    expect([asked.code, asked.stderr]).toEqual([
      2,
      "wf: This would delete the secret NOT_YET. Give `--yes` if that is meant; nothing was changed.\n",
    ])
    expect((await it.wf(["secrets", "delete", "NOT_YET", "--yes"])).code).toBe(0)
    expect((await it.wf(["secrets", "delete", "NOT_YET", "--yes"])).code).toBe(5)
    const short = await it.wf(["secrets", "set", "SHORT"], { stdin: "abc\n" })
    expect([short.code, short.stderr]).toContain(2)
    expect(short.stderr).toContain("has at least 4 characters")
  })
})
