import { expect, test } from "bun:test"
import { packBundle, unpackBundle } from "./bundle.ts"
import { digest } from "./canonical.ts"
import { checkDefinition } from "./check.ts"
import { refusalOf } from "./constructs.ts"
import { compile } from "./plan.ts"

const faultsOf = (files: readonly string[]): readonly string[] => {
  const checked = checkDefinition({ name: "files", files, tasks: { one: { uses: "noop" } } })
  return checked.ok ? [] : checked.errors.map(({ path, message }) => `${path}: ${message}`)
}

test("files are named by relative paths that mean one file on every system", () => {
  expect(faultsOf(["run.sh", "lib/run.sh", "lib/.hidden", "ü/a b.txt"])).toEqual([])
  for (const path of [
    "../a",
    "/etc/passwd",
    "a/../b",
    "./a",
    "a//b",
    "C:x",
    "a\\b",
    "~/a",
    "a\nb",
    "",
    "a/",
  ]) {
    expect(faultsOf([path])).toEqual([expect.stringContaining("files[0]: a file is a relative path")])
  }
  expect(faultsOf(["a\0b"])[0]).toBe("files[0]: contains a NUL or half of a surrogate pair")
  expect(faultsOf(["a".repeat(256)])[0]).toContain("at most 255 characters")
  for (const path of ["nul", "lib/CON.txt", "com1", "a.", "b /c", "<a>"]) {
    expect(faultsOf([path])[0]).toContain("can't be a file's name on every system: rename it")
  }
  expect(faultsOf(["lib/*.sh"])).toEqual([
    "files[0]: `*.sh` can't be a file's name on every system; patterns are not read here, so name each file",
  ])
})

test("two names for one file are refused", () => {
  expect(faultsOf(["a", "b", "a"])).toEqual(["files[2]: `a` is there twice"])
  expect(faultsOf(["Run.sh", "run.sh"])).toEqual([
    "files[1]: `run.sh` and `Run.sh` are one file on some systems: rename one",
  ])
  expect(faultsOf(["caf\u00e9", "cafe\u0301"])).toHaveLength(1)
  expect(faultsOf(["lib/a", "LIB"])).toEqual(["files[1]: `LIB` is a folder of another file, too: rename one"])
  expect(faultsOf(Array.from({ length: 101 }, (_, index) => `f${index}`))).toEqual([
    "files: a workflow has at most 100 files",
  ])
})

const file = (path: string, text: string, executable = false) => ({
  ...{ path, executable },
  bytes: new TextEncoder().encode(text),
})

test("a bundle is the same for the same files, and comes apart again", async () => {
  const files = [file("b.sh", "echo b\n\n", true), file("a.txt", ""), file("c/d", "\u{1f600}\0")]
  const packed = await packBundle(files)
  expect((await packBundle(files.toReversed())).digest).toBe(packed.digest)
  expect(unpackBundle(packed.bytes)).toEqual([files[1], files[0], files[2]].flatMap((one) => one ?? []))
  const others = [
    [file("b.sh", "echo c\n\n", true), ...files.slice(1)],
    [file("b.sh", "echo b\n\n"), ...files.slice(1)],
    [file("B.sh", "echo b\n\n", true), ...files.slice(1)],
    files.slice(1),
  ]
  for (const other of others) expect((await packBundle(other)).digest).not.toBe(packed.digest)
})

test("what is no bundle is told", async () => {
  const { bytes } = await packBundle([file("a", "one"), file("b", "two")])
  expect(unpackBundle(bytes.subarray(0, -1))).toBeUndefined()
  expect(unpackBundle(new Uint8Array([...bytes, 1]))).toBeUndefined()
  expect(unpackBundle(bytes.subarray(1))).toBeUndefined()
  expect(unpackBundle(new Uint8Array())).toBeUndefined()
  const hostile = `[{"path":"../a","executable":true,"size_bytes":0,"sha256":""}]\n`
  expect(unpackBundle(new TextEncoder().encode(hostile))).toBeUndefined()
})

test("a version that was pushed before files were kept is not started", () => {
  expect(refusalOf(["files"])).toBe("This version's `files` were not kept when it was pushed: push it again.")
  const plan = compile({ name: "files", files: ["a.sh"], tasks: { one: { run: "./a.sh" } } }, "1")
  expect(refusalOf(plan.constructs)).toBeUndefined()
})

test("what files hold belongs to a version's digest, and to the plan of the tasks that have a folder", async () => {
  const definition = {
    name: "files",
    files: ["a.sh"],
    tasks: {
      one: { run: "./a.sh" },
      two: { uses: "noop" },
      three: { uses: "http", with: { url: "http://x" } },
    },
  }
  const plain = await digest(definition)
  expect(await digest(definition, "1")).not.toBe(plain)
  expect(await digest(definition, "1")).not.toBe(await digest(definition, "2"))
  const bundles = Object.fromEntries(compile(definition, "1").tasks.map(({ name, bundle }) => [name, bundle]))
  expect(bundles).toEqual({ one: "1", two: undefined, three: undefined })
})
