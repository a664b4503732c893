// Runs on Node, by vitest: the tests of this folder, and those beside the code that need nothing of Bun.
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { startVitest } from "vitest/node"

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, "../..")

const isShared = (path) => !/\bBun\.|import\.meta\.dir\b/.test(readFileSync(join(root, path), "utf8"))

const filesIn = (folder, names) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => names.test(name))
    .map((name) => join(folder, name))

const shared = (folder) => filesIn(folder, /\.test\.tsx?$/).filter(isShared)

// Called so that Bun, which takes all that is called a test, leaves them alone.
const own = filesIn("tests/node", /\.suite\.ts$/)

const limits = { testTimeout: 60_000, hookTimeout: 120_000 }

const alias = { "bun:test": join(here, "bun-test.ts") }

const project = (name, include, more) => ({
  extends: true,
  resolve: { alias },
  test: { name, include, ...limits, ...more },
})

const projects = [
  project("sdk", [...own, ...shared("sdk"), ...shared("language/mask")]),
  project("cli", shared("cli"), { setupFiles: [join(root, "cli/node-20.ts")] }),
]

const vitest = await startVitest(
  "test",
  [],
  {
    root,
    config: false,
    run: true,
    watch: false,
    projects,
    globalSetup: join(here, "set-up.ts"),
    maxWorkers: 2,
    reporters: [["default", { summary: false }]],
  },
  { cacheDir: join(root, ".cache/vite") },
)

const states = vitest.state.getFiles().flatMap(function testsOf(task) {
  return task.type === "test" ? [task.result?.state ?? task.mode] : task.tasks.flatMap(testsOf)
})
const count = (...wanted) => states.filter((state) => wanted.includes(state)).length
// As `bun test` ends, so that whoever runs both counts both.
process.stdout.write(` ${count("pass")} pass\n ${count("fail")} fail\n ${count("skip", "todo")} skip\n`)
await vitest.close()
