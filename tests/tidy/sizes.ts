import ts from "typescript"
import { type Fault, faultAt, isTestCode, nodesOf, type Source } from "./source.ts"

const max_file_lines = 300
const max_test_file_lines = 600
const max_function_lines = 60
const max_parameters = 3
const max_nesting = 3

type FunctionNode = ts.FunctionLikeDeclaration & { readonly body: ts.Node }

const isFunction = (node: ts.Node): node is FunctionNode =>
  ts.isFunctionLike(node) && "body" in node && node.body !== undefined

const linesOf = ({ tree }: Source, node: ts.Node): number => {
  const line = (position: number) => tree.getLineAndCharacterOfPosition(position).line
  return line(node.end) - line(node.getStart(tree)) + 1
}

/** The outermost functions within a node. */
const innerFunctions = (node: ts.Node): readonly ts.Node[] => {
  const found: ts.Node[] = []
  const look = (child: ts.Node) => {
    if (isFunction(child)) found.push(child)
    else ts.forEachChild(child, look)
  }
  ts.forEachChild(node, look)
  return found
}

/** A test file's functions mostly group tests: there, only the lines count that belong to no function within. */
const sizeOf = (source: Source, node: FunctionNode): number => {
  const all = linesOf(source, node)
  if (!isTestCode(source.path)) return all
  return innerFunctions(node).reduce((left, inner) => left - linesOf(source, inner) + 1, all)
}

const opens = (node: ts.Node): boolean =>
  ts.isIterationStatement(node, false) ||
  ts.isTryStatement(node) ||
  ts.isSwitchStatement(node) ||
  isBranch(node)

/** `else if` goes on with the same level. */
const isBranch = (node: ts.Node): boolean =>
  ts.isIfStatement(node) && !(ts.isIfStatement(node.parent) && node.parent.elseStatement === node)

const nestingOf = (node: ts.Node): number => {
  let deepest = 0
  ts.forEachChild(node, (child) => {
    if (isFunction(child)) return
    deepest = Math.max(deepest, nestingOf(child) + (opens(child) ? 1 : 0))
  })
  return deepest
}

const functionFaults = (source: Source, node: FunctionNode): readonly Fault[] => {
  const measures = [
    ["lines", sizeOf(source, node), max_function_lines],
    ["parameters", node.parameters.length, max_parameters],
    ["levels of nesting", nestingOf(node.body), max_nesting],
  ] as const
  return measures
    .filter(([, size, max]) => size > max)
    .map(([what, size, max]) => faultAt(source, node, `a function of ${size} ${what}; at most ${max}`))
}

const fileFaults = ({ path, text }: Source): readonly Fault[] => {
  const max = isTestCode(path) ? max_test_file_lines : max_file_lines
  const lines = text.trimEnd().split("\n").length
  return lines > max ? [{ path, line: max, message: `a file of ${lines} lines; at most ${max}` }] : []
}

/** What has grown beyond what can be read at once. */
export const sizeFaults = (sources: readonly Source[]): readonly Fault[] =>
  sources.flatMap((source) => [
    ...fileFaults(source),
    ...[...nodesOf(source.tree)].filter(isFunction).flatMap((node) => functionFaults(source, node)),
  ])
