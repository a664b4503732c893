import { afterAll, expect, test } from "bun:test"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { podmanForTests, test_image } from "#deploy/engines/testing/podman.ts"
import { cleanEnvironment, runWf } from "#tests/e2e/platform.ts"

const podman = await podmanForTests()
const folder = mkdtempSync(join(tmpdir(), "wf-contained-"))
// PostgreSQL, which root runs as somebody else, has to get through.
chmodSync(folder, 0o711)
afterAll(async () => {
  await podman?.remove()
  rmSync(folder, { recursive: true, force: true })
})

const run = async (definition: string, path: string) => {
  const home = join(folder, "home")
  mkdirSync(home, { recursive: true })
  const file = join(folder, "contained.yaml")
  writeFileSync(file, definition)
  const env = { ...cleanEnvironment(home), PATH: path, WF_WORKER_CONTAINERS: "podman", TMPDIR: tmpdir() }
  const said = await runWf(["run", file, "--local", "--json"], { env })
  if (said.stdout === "") throw new Error(said.stderr)
  const last = said.stdout.trim().split("\n").at(-1) ?? "{}"
  const { tasks } = JSON.parse(last) as { tasks: { task: string; outputs: unknown; error: unknown }[] }
  return { ...said, tasks: new Map(tasks.map((one) => [one.task, one])) }
}

/** All that this machine has but podman. */
const withoutPodman = (): string => {
  const bin = join(folder, "bin")
  mkdirSync(bin)
  for (const place of usual.split(":").filter((one) => existsSync(one))) {
    for (const name of readdirSync(place)) {
      const link = join(bin, name)
      if (name !== "podman" && !existsSync(link)) symlinkSync(join(place, name), link)
    }
  }
  return bin
}

const usual = process.env.PATH ?? "/usr/bin:/bin"

test.skipIf(podman === undefined)(
  "a workflow's containers have its files, and hand on artifacts and outputs",
  async () => {
    writeFileSync(join(folder, "given.txt"), "brought along\n")
    const { code, stderr, tasks } = await run(
      `name: contained
files: [given.txt]
tasks:
  make:
    uses: container
    with:
      image: ${test_image}
      network: none
      run: |
        cat given.txt
        mkdir out && echo 1,2 > out/a.csv
        echo "rows=3" >> "$WF_OUTPUT"
    artifacts: ["out/*.csv"]
  read:
    needs: [make]
    fetch: ["out/*.csv"]
    uses: container
    with: { image: ${test_image}, network: none, run: 'echo "text=$(cat out/a.csv) of $ROWS" >> "$WF_OUTPUT"' }
    env: { ROWS: "${"${{"} tasks.make.outputs.rows }}" }
`,
      `${dirname(podman?.path ?? "")}:${usual}`,
    )
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(tasks.get("make")?.outputs).toEqual({ rows: 3 })
    expect(tasks.get("read")?.outputs).toEqual({ text: "1,2 of 3" })
  },
)

test("where podman isn't, a container's error says what to do", async () => {
  const { code, tasks } = await run(
    'name: lacking\ntasks:\n  inside:\n    uses: container\n    with: { image: "alpine:3.22" }\n    retries: { max_retries: 0 }\n',
    withoutPodman(),
  )
  expect(code).toBe(1)
  expect(tasks.get("inside")?.error).toMatchObject({
    code: "container.unavailable",
    message: expect.stringContaining("podman is not installed. Install docker or podman where it runs"),
  })
})
