import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { browserForTests } from "#deploy/engines/testing/browser.ts"
import { until } from "#kernel/testing/until.ts"
import { platform, type UnderTest } from "./platform.ts"
import { sitAt } from "./terminal.ts"

const browser = await browserForTests()

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)
afterAll(() => browser?.close())

test("the reference is served to everybody, with a policy that lets nothing else in", async () => {
  const page = await fetch(`${it.url}/docs`)
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"])
  const policy = page.headers.get("content-security-policy") ?? ""
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
  ])
    expect(policy.split("; ")).toContain(rule)
  expect(await page.text()).not.toMatch(/<script(?![^>]* src="\/docs\/)|https?:/)
  for (const path of ["/docs/scalar.js", "/docs/start.js"]) {
    const script = await fetch(`${it.url}${path}`)
    const { headers } = script
    expect([script.status, headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"])
    expect(headers.get("x-content-type-options")).toBe("nosniff")
    expect(await script.text()).toContain("createApiReference")
  }
  expect((await fetch(`${it.url}/docs/generated/LICENSE`)).status).not.toBe(200)
})

test("`wf open` says where it is, and opens it in the browser that one has", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wf-open-"))
  const opener = join(folder, "browser")
  writeFileSync(
    opener,
    `#!/bin/sh\nprintf %s "$1" >${folder}/opened.part && mv ${folder}/opened.part ${folder}/opened\n`,
  )
  chmodSync(opener, 0o755)
  const at = sitAt(it, ["open"], { columns: 80, rows: 24, env: { BROWSER: opener } })
  expect(await at.ended).toBe(0)
  expect(at.screen()[0]).toBe(`${it.url}/docs`)
  await until("the browser is opened", () => existsSync(join(folder, "opened")))
  expect(readFileSync(join(folder, "opened"), "utf8")).toBe(`${it.url}/docs`)
  rmSync(folder, { recursive: true })
})

/** What a page does in Chromium: what it asks for, and what it complains of. */
const looked = async (
  address: string,
  look: (page: Awaited<ReturnType<Browser["newPage"]>>) => Promise<void>,
) => {
  const page = await (browser as Browser).newPage()
  const asked: string[] = []
  const complaints: string[] = []
  page.on("request", (request) => asked.push(request.url()))
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`))
  page.on("pageerror", (error) => complaints.push(String(error)))
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text())
  })
  await page.goto(address)
  await look(page)
  await page.close()
  return { asked, complaints }
}

describe.skipIf(!browser)("the reference in Chromium", () => {
  test("shows the operations of this platform, asks nobody else for anything, and has nothing to complain of", async () => {
    const { asked, complaints } = await looked(`${it.url}/docs`, async (page) => {
      for (const subject of ["artifacts", "jobs", "runs", "workflows"])
        await page.getByRole("link", { name: subject, exact: false }).first().waitFor()
      await page.goto(`${it.url}/docs#tag/runs/POST/api/v1/runs`)
      await page.getByText("/api/v1/runs/{run_id}/cancel").first().waitFor()
    })
    expect(complaints).toEqual([])
    expect(asked.filter((url) => !url.startsWith(`${it.url}/`) && !/^(data|blob):/.test(url))).toEqual([])
    expect(asked).toContain(`${it.url}/openapi.json`)
  })

  test("sends what one tries there to this platform, with the token that one gives", async () => {
    const { asked, complaints } = await looked(`${it.url}/docs#tag/auth/GET/api/v1/auth/me`, async (page) => {
      await page.getByPlaceholder("Token").first().fill(it.token)
      const operation = page.locator('[id*="auth/GET/api/v1/auth/me"]').first()
      await operation.getByRole("button", { name: /Test Request/ }).click()
      const answered = page.waitForResponse((response) => response.url() === `${it.url}/api/v1/auth/me`)
      await page.getByRole("button", { name: /^Send/ }).first().click()
      expect((await answered).status()).toBe(200)
    })
    expect(complaints).toEqual([])
    expect(asked.filter((url) => !url.startsWith(`${it.url}/`) && !/^(data|blob):/.test(url))).toEqual([])
  })
})
