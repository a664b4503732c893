import { beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
  await it.wf(["push", "examples/parcel.yml"])
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-subworkflows-e2e-"))

const file = (name: string, text: string): string => {
  const path = join(folder, `${name}.yml`)
  writeFileSync(path, `name: ${name}\n${text}`)
  return path
}

const started = async (path: string): Promise<string> => {
  const { code, stdout, stderr } = await it.wf(["run", path, "--detach"])
  expect([code, stderr]).toEqual([0, ""])
  return stdout.trim()
}

const task = async (run_id: string, name: string) => {
  const { tasks = [] } = await it.client.runs.get(run_id)
  return tasks.find((one) => one.task === name)
}

const awaited = async (run_id: string, name: string): Promise<string> => {
  const begun = async () => {
    const id = String((await task(run_id, name))?.wait?.run_id ?? "")
    return id !== "" && (await it.client.runs.get(id).catch(() => undefined)) !== undefined
  }
  await until(`the run of ${name} begins`, begun)
  return String((await task(run_id, name))?.wait?.run_id)
}

describe("a workflow that runs another one", () => {
  test("runs it for each item, reads what it answers, and answers itself", async () => {
    const { code, stdout } = await it.wf(["run", "examples/shipment.yml"])
    expect(code).toBe(0)
    for (const line of [
      "… pack[1] waits for the run ",
      " of parcel, version 1, until ",
      "✓ pack completed",
      'bill │ Sending 3 parcels: teapot, 1050 g; six "good" cups, 1550 g; samovar, 5350 g',
      "bill │ It is 1695 cents.",
      '  parcels = ["teapot, 1050 g","six \\"good\\" cups, 1550 g","samovar, 5350 g"]',
      "  cents = 1695",
    ]) {
      expect(stdout).toContain(line)
    }
  })

  test("is shown with its parts, and they with it", async () => {
    const run_id = await started("examples/shipment.yml")
    expect((await it.wf(["watch", run_id])).code).toBe(0)
    const part = await awaited(run_id, "pack[0]")
    expect((await it.wf(["runs", "show", run_id])).stdout).toContain(`the run ${part} of parcel, version 1`)
    const shown = JSON.parse((await it.wf(["runs", "show", part, "--json"])).stdout)
    expect(shown).toMatchObject({
      ...{ workflow: "parcel", status: "completed", trigger: "parent" },
      inputs: { item: "teapot", grams: 900 },
      outputs: { label: "teapot, 1050 g", cents: 405 },
      parent: { run_id, task: "pack[0]" },
    })
    expect((await it.wf(["runs", "show", part, "--field", "parent.run_id"])).stdout.trim()).toBe(run_id)
    const { items } = await it.client.runs.list({ workflow: "parcel" })
    expect(items.find(({ id }) => id === part)?.parent?.run_id).toBe(run_id)
    expect((await it.wf(["runs", "show", run_id, "--field", "outputs.cents"])).stdout.trim()).toBe("1695")
  })

  test("fails with what it may not be given, which run failed, or what is missing", async () => {
    const bad = file(
      "bad-part",
      "tasks:\n  pack: { uses: workflow, with: { name: parcel, inputs: { grams: heavy } } }\n",
    )
    const refused = await it.wf(["run", bad])
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringContaining("grams: must be a whole number"),
    ])
    await it.wf(["push", file("breaks", "tasks:\n  one: { run: exit 3 }\n")])
    const path = file("relies", "tasks:\n  part: { uses: workflow, with: { name: breaks } }\n")
    const failed = await it.wf(["run", path])
    expect([failed.code, failed.stdout]).toEqual([
      1,
      expect.stringMatching(/part: The run [0-9a-f-]{36} of breaks, version 1, failed: task_failed\./),
    ])
    const missing = await it.wf([
      "run",
      file("misses", "tasks:\n  a: { uses: workflow, with: { name: nobody } }\n"),
    ])
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining("no workflow nobody in this workspace"),
    ])
  })

  test("can't be pushed where that closes a circle", async () => {
    const runs = (name: string, other: string) =>
      it.wf(["push", file(name, `tasks:\n  a: { uses: workflow, with: { name: ${other} } }\n`)])
    expect((await runs("day", "night")).code).toBe(0)
    const closed = await runs("night", "day")
    expect([closed.code, closed.stderr]).toEqual([
      2,
      expect.stringContaining("night (version 1) → day (version 1) → night (version 1)"),
    ])
    const self = await runs("self", "self")
    expect([self.code, self.stderr]).toEqual([2, expect.stringContaining("a workflow can't run itself")])
  })

  test("takes its parts along when it is cancelled, and reruns what failed", async () => {
    await it.wf(["push", file("slow", "tasks:\n  nap: { uses: sleep, with: { duration: 1h } }\n")])
    const path = file(
      "patient",
      "tasks:\n  first: { uses: workflow, with: { name: parcel } }\n  part: { uses: workflow, needs: [first], with: { name: slow } }\n",
    )
    const run_id = await started(path)
    const part = await awaited(run_id, "part")
    expect((await it.wf(["cancel", run_id])).code).toBe(0)
    await until("its part is cancelled", async () => (await it.client.runs.get(part)).status === "cancelled")
    const again = (await it.wf(["rerun", run_id, "--failed", "--detach"])).stdout.trim()
    const other = await awaited(again, "part")
    expect(other).not.toBe(part)
    expect(await task(again, "first")).toMatchObject({ status: "completed", outputs: { cents: 405 } })
    await it.wf(["cancel", other])
    expect((await it.wf(["watch", again])).code).toBe(1)
    expect((await task(again, "part"))?.error?.code).toBe("workflow.cancelled")
  })
})
