import { expect, test } from "bun:test"
import { join } from "node:path"
import { mongo } from "./mongo.ts"
import { isUsable, testCache } from "./testing/usable.ts"

const main = (words: readonly string[], env: Record<string, string> = {}) =>
  Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), ...words], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, WF_ENGINES_CACHE: testCache, ...env },
  })

const firstLine = async (stream: ReadableStream<Uint8Array>) => {
  const { value } = await stream.getReader().read()
  return new TextDecoder().decode(value)
}

test.skipIf(!isUsable(mongo))(
  "start prints the addresses as JSON and ends when its input ends",
  async () => {
    const program = main(["start", "mongo"])
    const addresses: unknown = JSON.parse(await firstLine(program.stdout))
    expect(addresses).toMatchObject({ mongo: { url: expect.stringContaining("mongodb://127.0.0.1:") } })
    await program.stdin.end()
    expect(await program.exited).toBe(0)
  },
  900_000,
)

test.skipIf(!isUsable(mongo))(
  "start ends with 1 and names the engine when that dies",
  async () => {
    const program = main(["start", "mongo"])
    const { mongo: running } = JSON.parse(await firstLine(program.stdout)) as { mongo: { pid: number } }
    process.kill(running.pid, "SIGKILL")
    expect(await program.exited).toBe(1)
    expect(await new Response(program.stderr).text()).toContain("mongo ended by itself with 137")
  },
  900_000,
)

test("a wrong call shows the usage and ends with 2", async () => {
  const program = main(["begin"])
  expect(await program.exited).toBe(2)
  expect(await new Response(program.stderr).text()).toContain("usage: ")
})

test("a missing tool is named together with the way to get it", async () => {
  const program = main(["install", "kafka"], { PATH: "/nowhere" })
  expect(await program.exited).toBe(1)
  const complaint = await new Response(program.stderr).text()
  expect(complaint).toMatch(/kafka can't be installed.*\n.*java: Java 17.*\n.*mvn: Apache Maven/)
})
