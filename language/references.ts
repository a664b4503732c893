import type { ASTNode } from "@marcbachmann/cel-js"
import { childrenOf } from "./nodes.ts"

/** A name the expression reads: `tasks.build.outputs.x` is root `tasks` and path build, outputs, x. */
export type Reference = {
  readonly root: string
  readonly path: readonly string[]
  readonly offset: number
}

const macros = new Set(["map", "filter", "all", "exists", "exists_one", "bind"])

export const referencesOf = (root: ASTNode): Reference[] => {
  const found: Reference[] = []
  visit(root, new Set(["cel"]), found)
  return found
}

const visit = (node: ASTNode, local: ReadonlySet<string>, found: Reference[]): void => {
  const chain = chainOf(node)
  if (chain) {
    if (!local.has(chain.root)) found.push({ root: chain.root, path: chain.path, offset: chain.offset })
    for (const index of chain.indexes) visit(index, local, found)
    return
  }
  if (node.op === "rcall") {
    visitCall(node.args, local, found)
    return
  }
  for (const child of childrenOf(node)) visit(child, local, found)
}

const visitCall = (
  [name, receiver, args]: [string, ASTNode, ASTNode[]],
  local: ReadonlySet<string>,
  found: Reference[],
) => {
  visit(receiver, local, found)
  const variable = args[0]
  const binds = macros.has(name) && args.length > 1 && variable?.op === "id"
  const inner = binds ? new Set([...local, variable.args]) : local
  for (const argument of binds ? args.slice(1) : args) visit(argument, inner, found)
}

type Chain = Reference & { readonly indexes: readonly ASTNode[] }

/** Undefined when the node isn't a name with fields behind it. */
const chainOf = (node: ASTNode): Chain | undefined => {
  let path: string[] = []
  const indexes: ASTNode[] = []
  let current = node
  while (current.op !== "id") {
    if (current.op === ".") path.unshift(current.args[1])
    else if (current.op === "[]") {
      const index = current.args[1]
      if (index.op === "value" && typeof index.args === "string") path.unshift(index.args)
      else {
        // What comes behind a computed key can't be known.
        path = []
        indexes.push(index)
      }
    } else return undefined
    current = current.args[0]
  }
  return { root: current.args, path, offset: current.range.start, indexes }
}
