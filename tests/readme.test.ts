import { afterAll, beforeAll, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { clone, installed, removeFolders, root, temporaryFolder } from "./launcher/checkout.ts"
import { endAll, type Up, up } from "./launcher/launched.ts"

type Block = { readonly language: string; readonly text: string }

const read = (path: string): string => readFileSync(join(root, path), "utf8")

const blocksOf = (path: string): readonly Block[] =>
  [...read(path).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }))

/** What differs from machine to machine and from run to run. */
const shapeOf = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, "URL")
    .replaceAll(/\d+\.\d+s/g, "TIME")
    .replaceAll(/(Linux|Darwin)/g, "SYSTEM")
    .replaceAll(/^(\s+(?:data|log)\s+).*$/gm, "$1PATH")
    .replaceAll(/run as .*$/gm, "run as SOMEBODY")
    .trim()

/** Tasks that run at once may speak in another order. */
const linesOf = (text: string): readonly string[] => shapeOf(text).split("\n").sort()

type Step = { readonly command: string; readonly output: string | undefined }

/** `sh` blocks are run as they are; of `console` blocks, what stands behind `$`, and the rest is what it prints. */
const stepsOf = ({ language, text }: Block): readonly Step[] => {
  if (language === "sh") return [{ command: text.trim(), output: undefined }]
  if (language !== "console") return []
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...lines] = part.split("\n")
      return { command, output: lines.join("\n") }
    })
}

const home = temporaryFolder()
let checkout = ""
let platform: Up

beforeAll(async () => {
  checkout = installed(clone(temporaryFolder()))
  platform = await up({ checkout, home })
}, 90_000)

afterAll(async () => {
  await endAll()
  removeFolders()
})

const mark = "@@"

/** All steps in one shell, as in one terminal; answers what each printed. */
const runAll = async (steps: readonly Step[]): Promise<readonly { code: number; output: string }[]> => {
  const script = steps
    .map(
      ({ command, output }) =>
        `${output === undefined ? `(set -e\n${command}\n)` : command}\nwf_code=$?\nprintf '\\n${mark}%s\\n' "$wf_code"\n(exit "$wf_code")`,
    )
    .join("\n")
  const child = Bun.spawn(["sh", "-c", `exec 2>&1\n${script}`], {
    cwd: checkout,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: home, LANG: "C.UTF-8" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  })
  const stdout = await new Response(child.stdout).text()
  const parts = stdout.split(new RegExp(`\\n${mark}(\\d+)\\n`))
  return steps.map((_, place) => ({
    output: parts[place * 2] ?? "",
    code: Number(parts[place * 2 + 1] ?? -1),
  }))
}

test("the README's first start is what a first start says", () => {
  const [start] = blocksOf("README.md").flatMap(stepsOf)
  expect(start?.command).toBe("./wf up")
  const said = (start?.output ?? "").split("\n").filter((line) => !line.startsWith("wf: installing"))
  expect(linesOf(`${platform.url}\n${platform.stderr()}`)).toEqual(linesOf(said.join("\n")))
})

for (const path of ["README.md", "examples/README.md", "CONTRIBUTING.md"]) {
  test(`every command of ${path} works as written, and prints what it shows`, async () => {
    const steps = blocksOf(path)
      .flatMap(stepsOf)
      .filter(({ command }) => command !== "./wf up")
    const told = await runAll(steps)
    for (const [place, { command, output }] of steps.entries()) {
      expect([command, told[place]?.code]).toEqual([command, 0])
      if (output !== undefined) expect(linesOf(told[place]?.output ?? "")).toEqual(linesOf(output))
    }
  }, 90_000)
}

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
]

for (const path of documents) {
  test(`what ${path} names is there`, () => {
    const text = read(path)
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
    for (const [, name = ""] of text.matchAll(/\b(?:bun|npm) run ([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(name)
    for (const [, name = ""] of text.matchAll(
      /`((?:services|kernel|language|cli|sdk|docs|deploy|tests|examples|envoy)\/[\w./-]*)`/g,
    )) {
      expect([name, Bun.spawnSync(["test", "-e", join(root, name)]).exitCode]).toEqual([name, 0])
    }
  })
}
