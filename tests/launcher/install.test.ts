import { afterAll, expect, test } from "bun:test"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { clone, commandFolder, otherBun, pinned_version, removeFolders, temporaryFolder } from "./checkout.ts"
import { endAll, type Launch, up, wf } from "./launched.ts"

const install_ms = 240_000

// Three trees of dependencies take their time to remove.
afterAll(async () => {
  await endAll()
  removeFolders()
}, install_ms)

const [node, npm] = [Bun.which("node"), Bun.which("npm")]
const has_node = node !== null && npm !== null
if (!has_node && process.env.CI === "true")
  throw new Error("the test of the first installation needs Node and npm")
if (!has_node) process.stderr.write("SKIPPED: the first installation through npm needs Node and npm\n")

const is_root = process.getuid?.() === 0

/** A clone in a home that is closed to others, as root's own is. */
const fresh = (tools: Readonly<Record<string, string>>): Launch => {
  const home = temporaryFolder(0o700)
  return { checkout: clone(home), home, path: commandFolder(tools) }
}

/** The database of a closed home is outside of what is removed with it. */
const removePlace = (checkout: string): void => {
  const memory = join(checkout, ".wf/location")
  if (existsSync(memory)) rmSync(readFileSync(memory, "utf8").trim(), { recursive: true })
}

test.skipIf(!has_node)(
  "with Node and npm alone it installs Bun and its dependencies, and runs from a home that is closed to others",
  async () => {
    const me = fresh({ node: node ?? "", npm: npm ?? "" })
    const platform = await up(me, install_ms)
    expect(platform.stderr()).toContain(`installing Bun ${pinned_version} into .bun/ through npm (about`)
    expect(platform.stderr()).toContain("installing the dependencies of the lockfile (about")
    // Root's PostgreSQL runs as somebody who can't get in there, so its data is elsewhere, which is said.
    const memory = join(me.checkout, ".wf/location")
    expect(existsSync(memory)).toBe(is_root)
    if (is_root) expect(platform.stderr()).toContain(`database  ${readFileSync(memory, "utf8").trim()}`)
    const ran = await wf({ ...me, words: ["run", "examples/hello.yml"] })
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining("✓ hello completed")])
    expect(await platform.stop("SIGTERM")).toBe(0)
    const again = await up(me)
    expect(again.stderr()).not.toContain("installing")
    expect((await wf({ ...me, words: ["runs", "list"] })).stdout).toContain("hello")
    expect(await again.stop("SIGTERM")).toBe(0)
    removePlace(me.checkout)
  },
  install_ms + 60_000,
)

test(
  "with Bun alone it needs no Node",
  async () => {
    const me = fresh({ bun: process.execPath })
    const platform = await up(me, install_ms)
    expect(platform.stderr()).not.toContain("installing Bun")
    const ran = await wf({ ...me, words: ["run", "examples/hello.yml"] })
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining("✓ hello completed")])
    expect(await platform.stop("SIGTERM")).toBe(0)
    removePlace(me.checkout)
  },
  install_ms,
)

test(
  "with a Bun of another version and no Node it installs the right one through that",
  async () => {
    const me = fresh({ bun: otherBun() })
    const help = await wf({ ...me, words: ["--version"] })
    expect(help.stderr).toContain(`installing Bun ${pinned_version} into .bun/ through Bun 1.0.0`)
    expect([help.code, help.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)])
  },
  install_ms,
)

test("with neither it says what to install", async () => {
  const help = await wf({ ...fresh({}), words: ["--help"] })
  expect([help.code, help.stdout]).toEqual([1, ""])
  expect(help.stderr).toMatch(/^wf: Bun .* is needed\. Install Node\.js 20 or newer/)
}, 60_000)
