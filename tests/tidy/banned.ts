import ts from "typescript"
import { type Fault, faultAt, isTestCode, nodesOf, type Source } from "./source.ts"

type Ban = {
  readonly what: (node: ts.Node) => boolean
  readonly where: (path: string, entries: ReadonlySet<string>) => boolean
  readonly message: string
}

const access = (node: ts.Node): string =>
  ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)
    ? `${node.expression.text}.${node.name.text}`
    : ""

const isAccess = (...names: readonly string[]) => {
  const banned = new Set(names)
  return (node: ts.Node) => banned.has(access(node))
}

const isCallOf =
  (...names: readonly string[]) =>
  (node: ts.Node) =>
    ts.isCallExpression(node) && ts.isIdentifier(node.expression) && names.includes(node.expression.text)

const isNew = (name: string, max_arguments: number) => (node: ts.Node) =>
  ts.isNewExpression(node) &&
  ts.isIdentifier(node.expression) &&
  node.expression.text === name &&
  (node.arguments?.length ?? 0) <= max_arguments

const imports = (name: string) => (node: ts.Node) =>
  ts.isImportDeclaration(node) &&
  ts.isStringLiteral(node.moduleSpecifier) &&
  node.moduleSpecifier.text === name

const either =
  (...tests: readonly ((node: ts.Node) => boolean)[]) =>
  (node: ts.Node) =>
    tests.some((test) => test(node))

const everywhere = () => true

/** Where the clock and chance come from: the kit of a process, the terminal of the client, and the kit of a worker of one's own. */
const sources_of_chance = new Set(["kernel/service/kit.ts", "cli/terminal.ts", "sdk/worker/kit.ts"])

const bans: readonly Ban[] = [
  {
    what: isAccess("sql.begin", "sql.reserve"),
    where: everywhere,
    message: "transactions go through `tx`: the driver's own lose or share connections under load",
  },
  {
    what: either(isCallOf("eval"), isNew("Function", Number.POSITIVE_INFINITY)),
    where: everywhere,
    message: "text is never run as code",
  },
  {
    what: (node) => access(node).startsWith("console."),
    where: everywhere,
    message: "log through the kit's log, write through the command's io",
  },
  {
    what: isAccess("process.env"),
    where: (path, entries) => !entries.has(path) && !isTestCode(path),
    message: "the environment is read where a process begins, and handed on",
  },
  {
    what: either(isAccess("Date.now", "Math.random"), isNew("Date", 0)),
    where: (path) => !sources_of_chance.has(path) && !isTestCode(path),
    message: "the clock and chance come in through the kit (or the client's io)",
  },
  {
    what: isAccess("z.uuid"),
    where: (path) => /^services\/.*\/http\.ts$/.test(path),
    message: "an id that is sent is read by `idText`, in small letters as ours are",
  },
  {
    what: isAccess(
      ...["test", "it", "describe"].flatMap((name) => [`${name}.skip`, `${name}.todo`, `${name}.only`]),
    ),
    where: everywhere,
    message: "a test runs, or says loudly why it can't (`skipIf`)",
  },
  {
    what: either(isAccess("Bun.sleep"), isCallOf("setTimeout"), imports("node:timers/promises")),
    where: (path) => isTestCode(path) && !/^(kernel\/testing|tests\/(run|bench|chaos))\//.test(path),
    message: "a test awaits what it waits for (`until`), it doesn't sleep",
  },
  {
    what: (node) => node.kind === ts.SyntaxKind.AnyKeyword,
    where: everywhere,
    message: "`any` switches the types off; `unknown` doesn't",
  },
  {
    what: (node) =>
      ts.isExportAssignment(node) || (node.kind === ts.SyntaxKind.DefaultKeyword && ts.isModifier(node)),
    // The script of a task is its file's default export, for all who write one.
    where: (path) => !path.startsWith("examples/"),
    message: "an export has one name, the same everywhere",
  },
]

const silencers = /biome-ignore|@ts-(ignore|nocheck|expect-error)|eslint-disable/
/** In a test of types it expects something, as long as it says what. */
const expects_error = /@ts-expect-error: \S/
export const unfinished = /\b(TODO|FIXME|XXX)\b/

const commentFaults = ({ path, text, tree }: Source): readonly Fault[] => {
  const faults: Fault[] = []
  const judge = ({ pos, end }: ts.CommentRange) => {
    const comment = text.slice(pos, end)
    const line = tree.getLineAndCharacterOfPosition(pos).line + 1
    if (silencers.test(comment) && !(path.endsWith("types.test.ts") && expects_error.test(comment)))
      faults.push({ path, line, message: "a rule is kept or changed, not silenced" })
    if (unfinished.test(comment)) faults.push({ path, line, message: "what is left to do is an issue" })
  }
  const seen = new Set<number>()
  for (const node of nodesOf(tree)) {
    for (const range of ts.getLeadingCommentRanges(text, node.pos) ?? []) {
      if (seen.has(range.pos)) continue
      seen.add(range.pos)
      judge(range)
    }
  }
  return faults
}

/** What no file may do, or none but those whose part it is. `entries` are the files that processes begin with. */
export const bannedFaults = (sources: readonly Source[], entries: ReadonlySet<string>): readonly Fault[] =>
  sources.flatMap((source) => {
    const here = bans.filter(({ where }) => where(source.path, entries))
    const faults = [...nodesOf(source.tree)].flatMap((node) =>
      here.filter(({ what }) => what(node)).map(({ message }) => faultAt(source, node, message)),
    )
    return [...faults, ...commentFaults(source)]
  })
