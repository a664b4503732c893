import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runCommand } from "#deploy/engines/command.ts"
import { type Python, pythonForTests } from "#deploy/engines/testing/python.ts"
import { cleanEnvironment, platform, root, type UnderTest } from "#tests/e2e/platform.ts"

const tools = await pythonForTests()
const folder = mkdtempSync(join(tmpdir(), "wf-python-"))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const seed = process.env.SEED ?? "7"
/** How many cases are made up for each operation, besides those at the limits of each of its fields. */
const cases = process.env.WF_TEST_LONG === "1" ? "200" : "5"

/** What a command says, also as it fails. */
const saying = ["/bin/sh", "-c", '"$@" 2>&1; echo "ended with $?"', "sh"]

describe.skipIf(tools === undefined)("others, by the document alone", () => {
  const { python, program } = tools as Python
  let it: UnderTest
  let environment: Readonly<Record<string, string>> = {}
  beforeAll(async () => {
    it = await platform()
    environment = {
      ...cleanEnvironment(folder),
      WF_URL: it.url,
      WF_TOKEN: it.token,
      PYTHONDONTWRITEBYTECODE: "1",
    }
  }, 120_000)

  test("drive the platform by a client that is generated for Python", async () => {
    const document = join(root, "sdk/openapi.json")
    const words = [...program("openapi-python-client"), "generate", "--meta", "none"]
    const made = await runCommand({
      words: [...saying, ...words, "--path", document, "--output-path", join(folder, "client")],
      environment,
    })
    // What it can't make anything of it says, and leaves out.
    const complaints = made.split("\n").filter((line) => line.startsWith("WARNING"))
    expect(complaints).toEqual(["WARNING parsing GET /api/v1/audit/export within audit."])
    const told = await runCommand({
      words: [python, join(import.meta.dir, "drive.py"), folder],
      environment,
      max_ms: 100_000,
    })
    expect(JSON.parse(told)).toEqual({
      ...{ version: 1, same_run: true, status: "completed", outputs: { hello: "Ada" }, job: "completed" },
      ...{ listed: true, attempts: 1, used: 0, refused: [404, true, "workflow.not_found"] },
    })
  }, 120_000)

  test("whatever they make up, no answer is a fault of the platform or other than the document has it", async () => {
    const checks = ["not_a_server_error", "status_code_conformance", "content_type_conformance"]
    const report = await runCommand({
      words: [
        ...[...saying, ...program("schemathesis"), "run", `${it.url}/openapi.json`],
        ...["--header", `Authorization: Bearer ${it.token}`, "--seed", seed, "--max-examples", cases],
        ...[
          "--phases",
          "coverage,fuzzing",
          "--suppress-health-check",
          "all",
          "--no-color",
          "--warnings",
          "off",
        ],
        ...["--checks", [...checks, "response_schema_conformance", "response_headers_conformance"].join(",")],
        // Streams don't end by themselves, and who signs out or takes back tokens could ask nothing more.
        ...["--exclude-path-regex", "(stream|events|/logs$|workers/claim|logout|tokens/|sessions/)"],
        ...["--continue-on-failure", "--request-timeout", "20"],
      ],
      folder,
      environment: { ...environment, SCHEMATHESIS_HOOKS: join(import.meta.dir, "limits.py") },
    })
    const [, passed = "0"] = /(\d+) generated, \1 passed$/m.exec(report) ?? []
    expect([report, Number(passed) > 3_000]).toEqual([expect.stringMatching(/ended with 0\n$/), true])
  }, 300_000)
})
