import { afterAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { digest } from "#language/canonical.ts"
import type { Client, Version } from "#sdk/index.ts"
import { WfProblem } from "#sdk/problem.ts"
import { compare } from "./compare.ts"
import { checkPaths, findFiles } from "./find.ts"
import { gone, marksOf } from "./mark.ts"

const folder = mkdtempSync(join(tmpdir(), "wf-push-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text = "x"): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test("of a folder its workflows are meant, each once, and not what lies below", () => {
  const [a, b, c] = [file("a.yml"), file("b.yaml"), file("c.ts")]
  for (const other of ["d.json", "e.d.ts", "f.test.ts", ".g.yml", "h.yml~"]) file(other)
  mkdirSync(join(folder, "below.yml"))
  symlinkSync(a, join(folder, "z.yml"))
  expect(findFiles([b, folder])).toEqual([b, a, c])
  mkdirSync(join(folder, "empty"))
  expect(() => checkPaths([join(folder, "empty")])).toThrow("has no workflows")
  expect(() => checkPaths([a, join(folder, "nowhere")])).toThrow("There is no file or folder")
})

test("a file has another mark when it, what it names, or for a program what lies beside it, was saved", () => {
  const [flow, named, program] = [file("flow.yml"), file("named.sh"), file("program.ts")]
  const bundled = new Map([[flow, ["named.sh"]]])
  const marks = () => marksOf([flow, program], bundled)
  const first = marks()
  expect(marks()).toEqual(first)
  utimesSync(named, new Date(0), new Date(0))
  expect([marks().get(flow) === first.get(flow), marks().get(program)]).toEqual([false, first.get(program)])
  // As editors save: the same text at the same time, in another file's place.
  const second = marks()
  renameSync(file("flow.yml.new"), flow)
  expect(marks().get(flow)).not.toBe(second.get(flow))
  file("imported.ts")
  expect(marks().get(program)).not.toBe(second.get(program))
  rmSync(flow)
  expect(marks().get(flow)).toBe(gone)
})

const definition = { name: "one", tasks: { go: { run: "echo hello" } } }

const clientOf = (latest: Partial<Version> | undefined): Client => {
  const answer = async () => {
    if (!latest) throw new WfProblem({ status: 404 })
    return { files: [], version: 4, ...latest }
  }
  return { workflows: { get: answer, version: answer } } as unknown as Client
}

const signs = (lines: readonly { sign: string }[]) => lines.map(({ sign }) => sign).join("")

test("what is new, changed, or means the same is told by what the platform goes by", async () => {
  expect(await compare(clientOf(undefined), { definition, files: [] })).toMatchObject({
    ...{ name: "one", version: 0, is_changed: true },
  })
  const other = { name: "one", tasks: { go: { run: "echo bye" } } }
  const changed = await compare(clientOf({ definition: other, digest: await digest(other) }), {
    definition,
    files: [],
  })
  expect([changed.version, changed.is_changed, signs(changed.lines)]).toEqual([4, true, "   -+"])
  // Spelled otherwise, and of the same meaning.
  const same = { tasks: { go: { uses: "shell", with: { run: "echo hello" } } }, name: "one" } as const
  expect(
    await compare(clientOf({ definition: same, digest: await digest(same) }), { definition, files: [] }),
  ).toMatchObject({ is_changed: false, lines: [] })
})

test("a file that holds something else is a change", async () => {
  const latest = clientOf({ definition, digest: await digest(definition) })
  const files = [
    { path: "x.sh", content: Buffer.from("echo").toString("base64"), encoding: "base64" } as const,
  ]
  const { is_changed, lines } = await compare(latest, { definition, files })
  expect([is_changed, lines.at(-1)?.text]).toEqual([true, expect.stringMatching(/^# file x\.sh: 4 bytes/)])
})
