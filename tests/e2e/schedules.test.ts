import { beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let folder: string
beforeAll(async () => {
  it = await platform()
  folder = mkdtempSync(join(tmpdir(), "wf-schedules-"))
}, 120_000)

const push = async (name: string, text: string) => {
  const path = join(folder, `${name}.yml`)
  writeFileSync(path, `name: ${name}\n${text}`)
  return it.wf(["push", path])
}

const noop = "tasks:\n  one: { uses: noop }\n"

describe("a schedule", () => {
  test("of a file starts runs by itself, is paused, and tells what became of each time", async () => {
    const schedule = 'schedule: [{ cron: "* * * * * *", overlap: allow }]\n'
    expect((await push("ticking", `${schedule}${noop}`)).code).toBe(0)
    const run = await until("a run", async () => {
      const { items } = await it.client.runs.list({ workflow: "ticking" })
      return items.find(({ status }) => status === "completed")
    })
    expect(run.trigger).toBe("schedule")
    const paused = await it.wf(["schedules", "pause", "ticking"])
    expect(paused.stdout.split("\t").slice(0, 5)).toEqual([
      "ticking",
      "ticking",
      "* * * * * *",
      "UTC",
      "paused",
    ])
    const skipped = await until("one left out", async () => {
      const { items } = await it.client.schedules.fires("ticking", { status: "skipped" })
      return items[0]
    })
    expect(skipped.reason).toBe("the schedule was paused")
    const history = await it.wf(["schedules", "history", "ticking", "--all"])
    const lines = history.stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t"))
    expect(
      lines.some(
        ([, kind, status, run_id]) => kind === "schedule" && status === "started" && run_id === run.id,
      ),
    ).toBe(true)
    const due = lines.map(([fire_at]) => fire_at)
    expect(new Set(due).size).toBe(due.length)
    expect((await push("ticking", noop)).code).toBe(0)
    expect((await it.wf(["schedules", "show", "ticking"])).code).toBe(5)
  })

  test("whose runs are refused says so where it is listed and shown, and one of an archived workflow is due no more", async () => {
    const every_second = 'schedule: [{ cron: "* * * * * *", overlap: allow }]\n'
    expect(
      (await push("refusing", `${every_second}inputs:\n  who: { type: string, default: a }\n${noop}`)).code,
    ).toBe(0)
    const needs = ["schedules", "create", "refusing-more", "--workflow", "refusing", "--cron", "* * * * * *"]
    expect((await it.wf([...needs, "-i", "who=ada"])).code).toBe(0)
    // The workflow is changed under the schedule: what that gives is no input any more.
    expect((await push("refusing", `${noop}`)).code).toBe(0)
    const last = await until("a refusal", async () => {
      const listed = await it.wf(["schedules", "list", "--workflow", "refusing"])
      const [name, , , , state, , status, why = ""] = listed.stdout.trim().split("\t")
      return status === "failed" && { name, state, why }
    })
    expect(last).toMatchObject({ name: "refusing-more", state: "on" })
    expect(last.why).toStartWith("inputs.invalid: who")
    const shown = await it.wf(["schedules", "show", "refusing-more", "--field", "last.reason"])
    expect(shown.stdout).toStartWith("inputs.invalid: who")
    expect((await it.wf(["workflows", "archive", "refusing"])).code).toBe(0)
    const archived = await it.client.schedules.get("refusing-more")
    expect(archived).toMatchObject({ workflow_archived: true, next_at: null })
  })

  test("is made, shown, filled in and deleted from the command line", async () => {
    await push("report", `inputs:\n  day: { type: string }\n${noop}`)
    const made = await it.wf([
      ...["schedules", "create", "mornings", "--workflow", "report", "--cron", "30 7 * * *"],
      ...["--timezone", "Europe/Berlin", "-i", "day=${{ date(trigger.scheduled_at) }}", "--json"],
    ])
    expect([made.code, made.stderr]).toEqual([0, ""])
    expect(JSON.parse(made.stdout)).toMatchObject({
      cron: "30 7 * * *",
      source: "api",
      overlap: "allow",
      last: null,
    })
    const next = await it.wf(["schedules", "next", "mornings", "--count", "2"])
    const times = next.stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t"))
    expect(times.map(([, there]) => there?.slice(11))).toEqual(["07:30:00", "07:30:00"])
    const fill = ["schedules", "backfill", "mornings", "--from", "2026-03-28", "--to", "2026-03-31"]
    const dry = await it.wf([...fill, "--dry-run"])
    expect(dry.stdout.trim().split("\n")).toEqual([
      "2026-03-28T06:30:00.000Z",
      "2026-03-29T05:30:00.000Z",
      "2026-03-30T05:30:00.000Z",
    ])
    const asked = await it.wf(fill)
    expect([asked.code, asked.stderr]).toEqual([
      2,
      "wf: This would start 3 runs. Give `--yes` if that is meant; nothing was changed.\n",
    ])
    expect((await it.wf([...fill, "--yes"])).code).toBe(0)
    const days = await until("all of them", async () => {
      const { items } = await it.client.runs.list({ workflow: "report" })
      const ended = items.filter(({ status }) => status === "completed")
      return ended.length === 3 && ended.map(({ inputs }) => inputs.day)
    })
    expect(days.toSorted()).toEqual(["2026-03-28", "2026-03-29", "2026-03-30"])
    expect((await it.wf(["schedules", "delete", "mornings", "--yes"])).code).toBe(0)
    expect((await it.wf(["schedules", "next", "mornings"])).code).toBe(5)
  })

  test("that can't be is refused with what to do", async () => {
    const wrong = await push("wrong", `schedule: [{ cron: "0 2 * *", timezone: Europe/Berln }]\n${noop}`)
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain(
      "wrong.yml:2:20: this is no cron expression: a cron expression has five fields",
    )
    expect(wrong.stderr).toContain(
      "unknown time zone `Europe/Berln`: use a name like Europe/Berlin or UTC; did you mean `Europe/Berlin`?",
    )
    const bare = await it.wf(["schedules", "create", "report"])
    expect([bare.code, bare.stderr]).toEqual([
      2,
      'wf: Say when with `--cron`, for example `--cron "0 2 * * *"`: daily at two.\n',
    ])
  })
})
