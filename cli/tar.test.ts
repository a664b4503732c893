import { expect, test } from "bun:test"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Entry, inParts, jsonEntry, tarOf } from "./tar.ts"

const at = new Date("2026-03-01T12:00:00.000Z")

async function* numbers(count: number, text: string) {
  for (let number = 0; number < count; number += 1) yield { number, text }
}

async function* entries(): AsyncGenerator<Entry> {
  yield jsonEntry("run.json", { id: "é".repeat(300) }, at)
  yield* inParts(numbers(10, "x".repeat(1_000_000)), (part) => `logs/${part}.jsonl`, at)
  yield* inParts(numbers(0, ""), () => "events.jsonl", at)
}

test("tar reads what is written, in parts that are bounded", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wf-tar-"))
  const file = Bun.file(join(folder, "a.tar")).writer()
  let largest = 0
  for await (const bytes of tarOf(entries())) {
    largest = Math.max(largest, bytes.length)
    file.write(bytes)
  }
  await file.end()
  expect(largest).toBeLessThan(6_000_000)
  const { exitCode, stderr } = Bun.spawnSync(["tar", "xf", "a.tar"], { cwd: folder })
  expect([exitCode, stderr.toString()]).toEqual([0, ""])
  const read = (name: string) => readFileSync(join(folder, name), "utf8")
  expect(JSON.parse(read("run.json"))).toEqual({ id: "é".repeat(300) })
  const lines = ["1", "2", "3"].flatMap((part) => read(`logs/${part}.jsonl`).trim().split("\n"))
  expect(lines.map((line) => (JSON.parse(line) as { number: number }).number)).toEqual([...Array(10).keys()])
  expect(read("events.jsonl")).toBe("")
})

test("an archive is read no faster than it is taken, and what can't be read is an error of it", async () => {
  let asked = 0
  async function* endless(): AsyncGenerator<Entry> {
    for (; asked < 1_000; asked += 1) yield { name: `${asked}`, bytes: new Uint8Array(1_000_000), at }
    throw new Error("the platform is away")
  }
  const reader = tarOf(endless()).getReader()
  for (let read = 0; read < 10; read += 1) await reader.read()
  expect(asked).toBeLessThan(20)
  const rest = async () => {
    while (!(await reader.read()).done);
  }
  await expect(rest()).rejects.toThrow("the platform is away")
})
