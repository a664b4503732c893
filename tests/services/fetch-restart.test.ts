import { expect, test } from "bun:test"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { killedPlatform } from "./killed-platform.ts"

const platform = killedPlatform()

const ended = async (run_id: string) => {
  const { client } = platform()
  for await (const _ of client.runs.watch(run_id));
  return client.runs.get(run_id)
}

test("after kill -9 amid a task that has fetched, the next attempt fetches anew, and so does a rerun of what failed", async () => {
  const { home, it, client } = platform()
  const at = (name: string) => join(home, name)
  const definition = {
    name: "fetches",
    tasks: {
      make: {
        run: "head -c 3000000 /dev/urandom > data.bin; sha256sum data.bin > sum",
        artifacts: ["data.bin", "sum"],
      },
      use: {
        needs: ["make"],
        fetch: ["data.bin", "sum"],
        run: [
          `sha256sum -c sum >> ${at("checked")}`,
          `echo begun >> ${at("begun")}`,
          `until [ -e ${at("go")} ]; do sleep 0.05; done`,
          `test -e ${at("well")}`,
        ].join("\n"),
      },
    },
  }
  const { workflow, version } = await client.workflows.pushDefinition(definition)
  const { id } = await client.runs.start({ workflow, version })
  await until("it has begun", () => existsSync(at("begun")), 30_000)
  await it.part.kill("SIGKILL")
  await it.part.restart()
  writeFileSync(at("go"), "")
  expect(await ended(id)).toMatchObject({ status: "failed" })
  const checked = () => readFileSync(at("checked"), "utf8").trim().split("\n")
  expect(checked()).toEqual(["data.bin: OK", "data.bin: OK"])
  writeFileSync(at("well"), "")
  const again = await client.runs.rerun(id, { mode: "failed" })
  const { status, tasks = [] } = await ended(again.id)
  expect([status, tasks.find(({ task }) => task === "make")?.attempt]).toEqual(["completed", 0])
  expect(checked()).toEqual(Array.from({ length: 3 }, () => "data.bin: OK"))
}, 120_000)
