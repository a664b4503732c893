import { expect, test } from "bun:test"
import { join } from "node:path"
import { brokenProto, generateProto, proto_image } from "#deploy/contract/proto.ts"
import { generated, scratch } from "#deploy/generate.ts"

const root = join(import.meta.dir, "../..")

const advice = "out of date or edited by hand: run `bun run generate`"

const outdated = async (path: string, text: string): Promise<readonly string[]> => {
  const file = Bun.file(join(root, path))
  return (await file.exists()) && (await file.text()) === text ? [] : [`${path} is ${advice}`]
}

test("what is committed and derived is up to date", async () => {
  const found = await Promise.all((await generated()).map(({ path, text }) => outdated(path, text)))
  expect(found.flat()).toEqual([])
})

test("the code of proto/ is up to date, and proto/ written in the usual style", async () => {
  await scratch(async (folder) => {
    generateProto(folder)
    const made = await Array.fromAsync(new Bun.Glob("**/*.ts").scan({ cwd: folder }))
    const kept = await Array.fromAsync(new Bun.Glob("**/*.ts").scan({ cwd: join(root, "proto/generated") }))
    expect(kept.sort()).toEqual([...made].sort())
    const found = await Promise.all(
      made.map(async (path) =>
        outdated(`proto/generated/${path}`, await Bun.file(join(folder, path)).text()),
      ),
    )
    expect(found.flat()).toEqual([])
  })
})

test("proto/ keeps what its clients were made for", () => {
  expect(brokenProto(join(root, proto_image))).toBe("")
})

test("a field of proto/ that is gone is noticed", async () => {
  await scratch(async (folder) => {
    const image = join(folder, "kept.json")
    const kept = await Bun.file(join(root, proto_image)).text()
    await Bun.write(image, kept.replaceAll('"session_id"', '"session_name"'))
    expect(brokenProto(image)).toContain("session_name")
  })
})
