import { afterAll, beforeEach, expect, test } from "bun:test"
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import { gzipSync } from "node:zlib"
import { packTar, type TarHeader } from "modern-tar"
import { packFolder } from "./pack.ts"
import { BadArchive, unpackArchive } from "./unpack.ts"

const base = mkdtempSync(join(tmpdir(), "wf-archive-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

let from: string
let to: string
beforeEach(() => {
  from = mkdtempSync(join(base, "from-"))
  to = mkdtempSync(join(base, "to-"))
})

const limits = { max_files: 100, max_bytes: 10_000_000 }

const listed = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort()

/** An archive that somebody has made by hand. */
const forged = async (entries: readonly (Partial<TarHeader> & { name: string; body?: string })[]) => {
  const tar = await packTar(
    entries.map(({ body = "", ...header }) => ({
      header: { size: body.length, ...header } as TarHeader,
      body,
    })),
  )
  return Readable.from([gzipSync(tar)])
}

test("a folder comes out as it went in: names, contents, what can be run, empty folders", async () => {
  mkdirSync(join(from, "deep/er"), { recursive: true })
  mkdirSync(join(from, "empty"))
  const large = crypto.getRandomValues(new Uint8Array(65_000))
  writeFileSync(join(from, "deep/er/größe ü.bin"), large)
  writeFileSync(join(from, "run.sh"), "#!/bin/sh\n", { mode: 0o700 })
  writeFileSync(join(from, `${"long".repeat(50)}.txt`), "")
  await unpackArchive(packFolder(from, "out"), to, limits)
  expect(listed(to)).toEqual(["out", ...listed(from).map((name) => `out/${name}`)].sort())
  expect(readFileSync(join(to, "out/deep/er/größe ü.bin"))).toEqual(Buffer.from(large))
  expect(lstatSync(join(to, "out/run.sh")).mode & 0o777).toBe(0o755)
  expect(lstatSync(join(to, "out/deep/er/größe ü.bin")).mode & 0o777).toBe(0o644)
})

test("links are not followed into an archive, nor out of one", async () => {
  const secret = join(base, "secret")
  writeFileSync(secret, "secret")
  symlinkSync(secret, join(from, "file"))
  symlinkSync(base, join(from, "folder"))
  writeFileSync(join(from, "own"), "own")
  await unpackArchive(packFolder(from, "out"), to, limits)
  expect(listed(to)).toEqual(["out", "out/own"])
  const links = [
    { name: "out/link", type: "symlink", linkname: base },
    { name: "out/hard", type: "link", linkname: secret },
    { name: "out/plain", body: "plain" },
  ] as const
  const other = mkdtempSync(join(base, "other-"))
  await unpackArchive(await forged(links), other, limits)
  expect(listed(other)).toEqual(["out", "out/plain"])
})

test.each(["../up", "out/../../up", "/etc/passwd-of-wf"])("nothing leaves the folder: %s", async (name) => {
  const inside = join(to, "a/b")
  mkdirSync(inside, { recursive: true })
  await unpackArchive(await forged([{ name, body: "x" }]), inside, limits).catch((error) =>
    expect(error).toBeInstanceOf(BadArchive),
  )
  expect(listed(to).filter((path) => !path.startsWith("a/b"))).toEqual(["a"])
})

test("what is too much is refused: files, and bytes however small the archive is", async () => {
  const many = Array.from({ length: 101 }, (_, index) => ({ name: `out/${index}` }))
  expect(unpackArchive(await forged(many), to, limits)).rejects.toThrow("more than 100 files")
  const bomb = [{ name: "out/bomb", body: "0".repeat(10_000_001) }]
  expect(unpackArchive(await forged(bomb), to, limits)).rejects.toThrow("more than 10000000 bytes")
})

test("what is no archive, or broke off, is told", async () => {
  expect(unpackArchive(Readable.from([Buffer.from("not gzip")]), to, limits)).rejects.toBeInstanceOf(
    BadArchive,
  )
  expect(unpackArchive(Readable.from([gzipSync("not tar".repeat(100))]), to, limits)).rejects.toBeInstanceOf(
    BadArchive,
  )
  const whole = await buffer(packFolder(from, "out"))
  expect(unpackArchive(Readable.from([whole.subarray(0, -9)]), to, limits)).rejects.toBeInstanceOf(BadArchive)
})

test("a folder that isn't there, or can't be read, is an error of whoever reads", async () => {
  const all = async (path: string) => {
    for await (const _ of packFolder(path, "out"));
  }
  expect(all(join(base, "gone"))).rejects.toThrow("ENOENT")
})
