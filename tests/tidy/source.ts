import { dirname, join, normalize } from "node:path"
import ts from "typescript"

export const root = join(import.meta.dir, "../..")

export type Source = {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
}

export type Fault = { readonly path: string; readonly line: number; readonly message: string }

const areas = "{cli,deploy,examples,kernel,language,proto,sdk,services,tests}"

const isOurs = (path: string): boolean => !/(^|\/)(node_modules|generated)\//.test(path)

export const sourceOf = (path: string, text: string): Source => ({
  path,
  text,
  tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true),
})

/** The paths of written files, generated ones left out. */
export const pathsLike = async (pattern: string): Promise<readonly string[]> => {
  const found = await Array.fromAsync(new Bun.Glob(`${areas}/${pattern}`).scan({ cwd: root, dot: false }))
  return found.filter(isOurs).sort()
}

export const readSources = async (): Promise<readonly Source[]> => {
  const paths = await pathsLike("**/*.{ts,tsx}")
  return Promise.all(paths.map(async (path) => sourceOf(path, await Bun.file(join(root, path)).text())))
}

/** Code that only tests run: by its name, or by the folder it is in. What others test their workflows with is none. */
export const isTestCode = (path: string): boolean =>
  /\.(test|suite)\.tsx?$/.test(path) ||
  (/(^|\/)(testing|tests)\//.test(path) && !path.startsWith("sdk/testing/")) ||
  path.endsWith("/given.ts")

export const lineOf = ({ tree }: Source, node: ts.Node): number =>
  tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1

export const faultAt = (source: Source, node: ts.Node, message: string): Fault => ({
  path: source.path,
  line: lineOf(source, node),
  message,
})

/** Every node of a tree, parents before their children. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => {
    children.push(child)
  })
  for (const child of children) yield* nodesOf(child)
}

export type Import = {
  readonly node: ts.Node
  /** As it is written. */
  readonly specifier: string
  /** From the root of the repository; undefined for a package. */
  readonly path: string | undefined
  /** What is taken; `*` for all of it. */
  readonly names: readonly string[]
  readonly type_only: boolean
}

const locate = (from: string, specifier: string): string | undefined => {
  if (specifier.startsWith("#")) return specifier.slice(1)
  return specifier.startsWith(".") ? normalize(join(dirname(from), specifier)) : undefined
}

const namesIn = (node: ts.ImportDeclaration | ts.ExportDeclaration): readonly string[] => {
  const bound = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause
  if (bound === undefined) return ts.isExportDeclaration(node) ? ["*"] : []
  if (!ts.isNamedImports(bound) && !ts.isNamedExports(bound)) return ["*"]
  return bound.elements.map(({ propertyName, name }) => (propertyName ?? name).text)
}

const isTypeOnly = (node: ts.ImportDeclaration | ts.ExportDeclaration): boolean => {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  const clause = node.importClause
  if (clause === undefined) return false
  const bound = clause.namedBindings
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  return bound !== undefined && ts.isNamedImports(bound) && bound.elements.every((one) => one.isTypeOnly)
}

const literalOf = (node: ts.Node | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined

/** What a file takes from others: imports, re-exports and dynamic imports. */
export const importsOf = ({ path, tree }: Source): readonly Import[] => {
  const found: Import[] = []
  const add = (node: ts.Node, specifier: string, rest: Pick<Import, "names" | "type_only">) =>
    found.push({ node, specifier, path: locate(path, specifier), ...rest })
  for (const node of nodesOf(tree)) {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const specifier = literalOf(node.moduleSpecifier)
      if (specifier === undefined) continue
      add(node, specifier, { names: namesIn(node), type_only: isTypeOnly(node) })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const specifier = literalOf(node.arguments[0])
      if (specifier !== undefined) add(node, specifier, { names: ["*"], type_only: false })
    }
  }
  return found
}
