import ts from "typescript"
import { type Fault, faultAt, importsOf, isTestCode, type Source } from "./source.ts"

type Exported = { readonly name: string; readonly node: ts.Node }

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)

const boundNames = (name: ts.BindingName): readonly string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundNames(element.name) : []))

const declared = (node: ts.Statement): readonly string[] => {
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.flatMap(({ name }) => boundNames(name))
  const named =
    ts.isFunctionDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isClassDeclaration(node)
  return named && node.name ? [node.name.text] : []
}

const exportsOf = ({ tree }: Source): readonly Exported[] =>
  tree.statements.flatMap((node): readonly Exported[] => {
    if (isExported(node)) return declared(node).map((name) => ({ name, node }))
    const clause = ts.isExportDeclaration(node) ? node.exportClause : undefined
    if (clause === undefined || !ts.isNamedExports(clause)) return []
    return clause.elements.map((element) => ({ name: element.name.text, node: element }))
  })

/** What other files take from each file. A test beside its file doesn't count; those of the whole, below tests/, do. */
const usesIn = (sources: readonly Source[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const uses = new Map<string, Set<string>>()
  for (const source of sources) {
    if (/\.(test|suite)\.tsx?$/.test(source.path) && !source.path.startsWith("tests/")) continue
    for (const { path, names } of importsOf(source)) {
      if (path === undefined) continue
      const used = uses.get(path) ?? new Set()
      for (const name of names) used.add(name)
      uses.set(path, used)
    }
  }
  return uses
}

const isType = (node: ts.Node): boolean => ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)

/** The types that a declaration names, its function bodies left out. */
const typesNamed = (node: ts.Node): readonly string[] => {
  const found: string[] = []
  const look = (child: ts.Node) => {
    if (ts.isBlock(child)) return
    if (ts.isTypeReferenceNode(child)) found.push(child.typeName.getText())
    ts.forEachChild(child, look)
  }
  look(node)
  return found
}

/** What is used, and the types that tell how: those of a used function's input and answer have a name, too. */
const living = (exported: readonly Exported[], used: ReadonlySet<string>): ReadonlySet<string> => {
  const alive = new Set(used)
  const open = exported.filter(({ name }) => used.has(name))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const named = new Set(typesNamed(next.node))
    const found = exported.filter(({ name, node }) => isType(node) && named.has(name) && !alive.has(name))
    for (const { name } of found) alive.add(name)
    open.push(...found)
  }
  return alive
}

/** Exports that nothing but tests takes. `entries` are taken by those who run or install us. */
export const deadExportFaults = (
  sources: readonly Source[],
  entries: ReadonlySet<string>,
): readonly Fault[] => {
  const uses = usesIn(sources)
  return sources
    .filter(({ path }) => !isTestCode(path) && !entries.has(path))
    .flatMap((source) => {
      const exported = exportsOf(source)
      const alive = living(exported, uses.get(source.path) ?? new Set())
      if (alive.has("*")) return []
      return exported
        .filter(({ name }) => !alive.has(name))
        .map(({ name, node }) => faultAt(source, node, `nothing but tests uses the export ${name}`))
    })
}
