import ts from "typescript"
import { type Fault, faultAt, importsOf, nodesOf, type Source } from "./source.ts"

const isDoor = ({ path }: Source): boolean =>
  /^services\/.+\/http\.ts$/.test(path) && !path.startsWith("services/all/")

/** All that runs when these files are loaded, themselves included. */
const reachable = (doors: readonly Source[], sources: readonly Source[]): ReadonlySet<Source> => {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const found = new Set<Source>()
  const open = [...doors]
  for (let source = open.pop(); source !== undefined; source = open.pop()) {
    if (found.has(source)) continue
    found.add(source)
    for (const { path, type_only } of importsOf(source)) {
      const next = path === undefined || type_only ? undefined : byPath.get(path)
      if (next) open.push(next)
    }
  }
  return found
}

const usesBun = (node: ts.Node): boolean =>
  (ts.isIdentifier(node) && node.text === "Bun" && !ts.isTypeReferenceNode(node.parent)) ||
  (ts.isImportDeclaration(node) && /^"bun/.test(node.moduleSpecifier.getText()))

/** HTTP doors use Web APIs only, and nothing they load is Bun's own, so that any edge can serve them. */
export const edgeFaults = (sources: readonly Source[]): readonly Fault[] => {
  const doors = sources.filter(isDoor)
  const ofBun = [...reachable(doors, sources)].flatMap((source) =>
    [...nodesOf(source.tree)]
      .filter(usesBun)
      .map((node) => faultAt(source, node, "an HTTP door loads this, and it is Bun's own")),
  )
  const ofNode = doors.flatMap((source) =>
    importsOf(source)
      .filter(({ specifier }) => specifier.startsWith("node:"))
      .map(({ node }) => faultAt(source, node, "an HTTP door uses Web APIs only")),
  )
  return [...ofBun, ...ofNode]
}
