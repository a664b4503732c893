import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { browserForTests } from "#deploy/engines/testing/browser.ts"
import { serveWeb, type WebServer } from "#kernel/testing/web-server.ts"
import { platformWith, root } from "#tests/e2e/platform.ts"

const bundleOf = async (entry: string, minify = false): Promise<string> => {
  const { outputs } = await Bun.build({ entrypoints: [join(root, entry)], target: "browser", minify })
  expect(outputs).toHaveLength(1)
  return (await outputs[0]?.text()) ?? ""
}

test.each([
  ["all of it", "sdk/index.ts"],
  ["what workers need", "sdk/worker/index.ts"],
  ["what workflows are written with", "sdk/authoring/index.ts"],
])("the client can be bundled for browsers: of %s nothing needs Node or Bun", async (_, entry) => {
  const text = await bundleOf(entry)
  expect(text.length).toBeGreaterThan(1_000)
  expect(text).not.toMatch(/from\s*["'](?:node|bun)|require\(|\bBun\.|\bprocess\.|\bBuffer\./)
})

test("what only asks the platform is small, once it is packed for a page", async () => {
  const packed = Bun.gzipSync(await bundleOf("sdk/client.ts", true))
  expect(packed.length).toBeLessThan(8_000)
})

const browser = await browserForTests()

const page = (script: string): Response =>
  new Response(`<!doctype html><meta charset="utf-8"><body><script type="module">${script}</script>`, {
    headers: { "content-type": "text/html" },
  })

describe.skipIf(!browser)("a page in Chromium", () => {
  const stops: (() => Promise<void>)[] = []
  let known: WebServer
  let stranger: WebServer
  let hash = ""
  beforeAll(async () => {
    const script = await bundleOf("tests/browser/page.ts")
    known = await serveWeb(() => page(script))
    stranger = await serveWeb(() => page(script))
    const it = await platformWith({ WF_WEB_ORIGIN: known.url })
    stops.push(known.stop, stranger.stop, it.stop)
    const { url, token } = it
    await it.client.workflows.push(await Bun.file(join(root, "examples/hello.yml")).text(), "hello.yml")
    hash = new URLSearchParams({ url, token }).toString()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    for (const stop of stops) await stop()
  }, 60_000)

  const toldBy = async (web: WebServer): Promise<unknown> => {
    const shown = await (browser as Browser).newPage()
    await shown.goto(`${web.url}/#${hash}`)
    await shown.waitForSelector("body[data-told]", { state: "attached" })
    return JSON.parse((await shown.getAttribute("body", "data-told")) ?? "")
  }

  test("starts a run, follows it and its log to the end, and moves files, where its origin is known", async () => {
    expect(await toldBy(known)).toEqual({
      last: "workflow.completed",
      lines: ["Hello, browser!"],
      file: { text: "from a page", checksum: true },
      isListed: true,
      unknown: { code: "run.not_found", status: 404, next: expect.stringMatching(/\S/) },
    })
  })

  test("of an origin that nobody has named gets to read nothing", async () => {
    expect(await toldBy(stranger)).toEqual({ refused: "unreachable" })
  })
})
