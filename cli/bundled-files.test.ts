import { afterAll, beforeAll, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readFiles } from "./bundled-files.ts"

let base: string
let folder: string
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "wf-files-"))
  folder = join(base, "flows")
  mkdirSync(join(folder, "lib"), { recursive: true })
  writeFileSync(join(folder, "run.sh"), "echo run")
  chmodSync(join(folder, "run.sh"), 0o755)
  writeFileSync(join(folder, "lib/data.bin"), new Uint8Array([0, 255]))
  writeFileSync(join(base, "secret"), "s")
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

const faultOf = (path: string) => readFiles(folder, [path]).faults.map(({ message }) => message)

test("files are read with what they hold, and whether they are programs", () => {
  symlinkSync("run.sh", join(folder, "same.sh"))
  const { files, faults } = readFiles(folder, ["run.sh", "lib/data.bin", "same.sh"])
  expect(faults).toEqual([])
  const run = Buffer.from("echo run").toString("base64")
  expect(files).toEqual([
    { path: "run.sh", content: run, encoding: "base64", executable: true },
    { path: "lib/data.bin", content: "AP8=", encoding: "base64", executable: false },
    { path: "same.sh", content: run, encoding: "base64", executable: true },
  ])
})

test("what isn't there, is no file, or leads out of the folder is named, and not read", () => {
  symlinkSync("../secret", join(folder, "stolen"))
  symlinkSync(base, join(folder, "up"))
  spawnSync("mkfifo", [join(folder, "pipe")])
  expect(faultOf("absent")).toEqual(["there is no file `absent` beside the workflow"])
  expect(faultOf("run.sh/x")).toEqual(["there is no file `run.sh/x` beside the workflow"])
  expect(faultOf("lib")).toEqual(["`lib` is no file: name the files themselves"])
  expect(faultOf("pipe")).toEqual(["`pipe` is no file: name the files themselves"])
  for (const path of ["stolen", "up/secret"]) {
    expect(faultOf(path)).toEqual([
      `\`${path}\` is a link out of the workflow's folder: copy the file into it`,
    ])
  }
})

test("sizes are bounded before anything is read", () => {
  for (const [name, bytes] of Object.entries({
    a: 1_000_000,
    b: 1_000_000,
    c: 200_000,
    huge: 8 * 1024 ** 3,
  })) {
    writeFileSync(join(folder, name), "")
    truncateSync(join(folder, name), bytes)
  }
  expect(faultOf("huge")).toEqual([
    "`huge` has 8589934592 bytes; a file has at most 1048576: fetch large data in a task",
  ])
  expect(readFiles(folder, ["a", "b", "c"]).faults).toEqual([
    {
      index: 2,
      message: "with `c` the files have more than 2097152 bytes together: fetch large data in a task",
    },
  ])
})
