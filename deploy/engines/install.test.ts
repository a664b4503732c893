import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { installedFolder, installOnce } from "./install.ts"

let root = ""
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "wf-install-"))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const fill = async (folder: string) => {
  await Bun.write(join(folder, "binary"), "whole")
}

test("an installation that fails leaves nothing behind and is done again", async () => {
  const cache = join(root, "failing")
  const broken = async (folder: string) => {
    await Bun.write(join(folder, "binary"), "half")
    throw new Error("the network is gone")
  }
  const engine = { name: "engine", version: "1" }
  expect(installOnce(cache, { ...engine, build: broken })).rejects.toThrow("the network is gone")
  await installOnce(cache, { ...engine, build: fill })
  expect(await readdir(cache)).toEqual(["engine-1"])
  expect(await Bun.file(join(installedFolder(cache, engine), "binary")).text()).toBe("whole")
})

test("what a dead process left half-finished is removed", async () => {
  const cache = join(root, "abandoned")
  const dead = Bun.spawn(["true"])
  await dead.exited
  await mkdir(join(cache, `.engine.${dead.pid}.abc`), { recursive: true })
  await installOnce(cache, { name: "engine", version: "1", build: fill })
  expect(await readdir(cache)).toEqual(["engine-1"])
})

test("two that install at the same time both succeed", async () => {
  const cache = join(root, "parallel")
  const recipe = { name: "engine", version: "1", build: fill }
  await Promise.all([installOnce(cache, recipe), installOnce(cache, recipe)])
  expect(await readdir(cache)).toEqual(["engine-1"])
})

test("what is installed is not installed again", async () => {
  const cache = join(root, "twice")
  let builds = 0
  const build = async () => {
    builds += 1
  }
  await installOnce(cache, { name: "engine", version: "1", build })
  await installOnce(cache, { name: "engine", version: "1", build })
  expect(builds).toBe(1)
})
