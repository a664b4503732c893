import { afterAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { create } from "@bufbuild/protobuf"
import { createClient, createRouterTransport } from "@connectrpc/connect"
import type { PlanTask } from "#language/plan.ts"
import { ArtifactService } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import { AttemptSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Execution } from "../executor/executor.ts"
import { keepArtifacts } from "./keep.ts"

const base = mkdtempSync(join(tmpdir(), "wf-keep-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const keep = async (folder: string, artifacts: readonly string[]) => {
  const kept: string[] = []
  const transport = createRouterTransport(({ service }) =>
    service(ArtifactService, {
      async store(messages) {
        for await (const { part } of messages) if (part.case === "header") kept.push(part.value.name)
        return {}
      },
    }),
  )
  const execution = {
    folder,
    task: { artifacts } as unknown as PlanTask,
    write: () => Promise.resolve(),
  } as unknown as Execution
  const attempt = create(AttemptSchema, { runId: "run", task: "one", taskRunId: "task-run", attempt: 1 })
  const not_kept = await keepArtifacts(createClient(ArtifactService, transport))(execution, attempt)
  return { kept, error: not_kept?.error }
}

test("files are kept that are the task's own, and none by a link, at the end of the path or on it", async () => {
  const folder = mkdtempSync(join(base, "links-"))
  const elsewhere = mkdtempSync(join(base, "elsewhere-"))
  writeFileSync(join(elsewhere, "secret"), "secret")
  const work = join(folder, "work")
  mkdirSync(join(work, "deep"), { recursive: true })
  writeFileSync(join(work, "deep/own"), "own")
  symlinkSync(join(elsewhere, "secret"), join(work, "file"))
  symlinkSync(elsewhere, join(work, "folder"))
  symlinkSync(elsewhere, join(work, "deep/folder"))
  const patterns = ["file", "folder/secret", "folder/*", "deep/folder/secret", "deep/*", "**/secret", "**/*"]
  expect(await keep(folder, patterns)).toEqual({ kept: ["deep/own"], error: undefined })
})

test("a pattern with a slash at its end keeps folders, each as one archive, and none by a link", async () => {
  const folder = mkdtempSync(join(base, "folders-"))
  const work = join(folder, "work")
  mkdirSync(join(work, "out/deep"), { recursive: true })
  mkdirSync(join(work, "logs"))
  writeFileSync(join(work, "out/deep/own"), "own")
  writeFileSync(join(work, "file"), "file")
  symlinkSync(base, join(work, "link"))
  expect(await keep(folder, ["out/"])).toEqual({ kept: ["out.tar.gz"], error: undefined })
  expect((await keep(folder, ["*/"])).kept).toEqual(["logs.tar.gz", "out.tar.gz"])
  expect((await keep(folder, ["out/*/", "out/**"])).kept).toEqual(["out/deep.tar.gz", "out/deep/own"])
  expect((await keep(folder, ["link/", "file/", "../*/"])).kept).toEqual([])
})

test("no pattern leads out of the task's folder, however it is written", async () => {
  const folder = mkdtempSync(join(base, "out-"))
  mkdirSync(join(folder, "work/sub"), { recursive: true })
  writeFileSync(join(folder, "script"), "script")
  writeFileSync(join(folder, "work/sub/own"), "own")
  const patterns = [
    "../*",
    "../script",
    "sub/../../script",
    join(folder, "script"),
    "**/../../script",
    "sub/own",
  ]
  expect(await keep(folder, patterns)).toEqual({ kept: ["sub/own"], error: undefined })
})

test("pipes and devices are not read, and too many files are refused before any is kept", async () => {
  const folder = mkdtempSync(join(base, "many-"))
  mkdirSync(join(folder, "work"))
  Bun.spawnSync(["mkfifo", join(folder, "work/pipe")])
  expect(await keep(folder, ["*"])).toEqual({ kept: [], error: undefined })
  for (let file = 0; file < 1_001; file += 1) writeFileSync(join(folder, `work/${file}`), "")
  expect(await keep(folder, ["*"])).toMatchObject({ kept: [], error: { code: "artifact.too_many" } })
})

test("a task that removed its folder has no files", async () => {
  expect(await keep(join(base, "gone"), ["*"])).toEqual({ kept: [], error: undefined })
})
