import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { scratch } from "#deploy/generate.ts"

const root = join(import.meta.dir, "../..")

const doors = await Array.fromAsync(new Bun.Glob("services/*/http.ts").scan({ cwd: root }))
const services = doors.map((path) => path.split("/")[1] ?? "").sort()

const isNodeHere = (): boolean => {
  if (Bun.which("node") !== null) return true
  const reason = "tests that serve on Node need node: https://nodejs.org"
  if (process.env.CI === "true") throw new Error(reason)
  process.stderr.write(`SKIPPED: ${reason}\n`)
  return false
}

type Served = { readonly port: number; readonly paths: readonly string[] }

const firstLine = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ""
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true })
    if (text.includes("\n")) break
  }
  return text
}

/** The door of a service as one file for Node, served by Node itself while `work` goes on. */
const onNode = (service: string, work: (served: Served) => Promise<void>): Promise<void> =>
  scratch(async (folder) => {
    const entry = join(root, `services/${service}/http.ts`)
    const built = await Bun.build({
      entrypoints: [entry],
      target: "node",
      outdir: folder,
      naming: "door.mjs",
    })
    expect(built.success).toBe(true)
    const server = Bun.spawn(
      ["node", join(import.meta.dir, "serve-on-node.mjs"), join(folder, "door.mjs"), service],
      { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
    )
    try {
      await work(JSON.parse(await firstLine(server.stdout)))
    } finally {
      server.stdin.end()
      await server.exited
    }
  })

test("every service with an HTTP door is known here", () => {
  expect(services.length).toBeGreaterThan(0)
  for (const service of services) expect(existsSync(join(root, `services/${service}/service.ts`))).toBe(true)
})

test.skipIf(!isNodeHere()).each(services)("Node serves the HTTP door of %s", async (service) => {
  await onNode(service, async ({ port, paths }) => {
    expect(paths.length).toBeGreaterThan(0)
    const answer = await fetch(`http://127.0.0.1:${port}/nothing-here`)
    expect(answer.status).toBe(404)
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(await answer.json()).toMatchObject({ status: 404, code: "request.not_found" })
  })
})
