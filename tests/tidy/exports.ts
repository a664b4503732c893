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

/** What files that aren't test code take from each file. */
const usesIn = (sources: readonly Source[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const uses = new Map<string, Set<string>>()
  for (const source of sources) {
    if (isTestCode(source.path)) continue
    for (const { path, names } of importsOf(source)) {
      if (path === undefined) continue
      const used = uses.get(path) ?? new Set()
      for (const name of names) used.add(name)
      uses.set(path, used)
    }
  }
  return uses
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
      const used = uses.get(source.path)
      if (used?.has("*")) return []
      return exportsOf(source)
        .filter(({ name }) => !used?.has(name))
        .map(({ name, node }) => faultAt(source, node, `nothing but tests uses the export ${name}`))
    })
}
