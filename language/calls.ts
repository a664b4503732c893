import type { ASTNode } from "@marcbachmann/cel-js"
import { childrenOf } from "./nodes.ts"

/** A function that an expression calls; `offset` is where the call begins. */
export type Call = { readonly name: string; readonly offset: number }

export const callsOf = (root: ASTNode): Call[] => {
  const calls: Call[] = []
  const open: ASTNode[] = [root]
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.op === "call") calls.push({ name: node.args[0], offset: node.range.start })
    if (node.op === "rcall") calls.push({ name: node.args[0], offset: node.args[1].range.end + 1 })
    open.push(...childrenOf(node))
  }
  return calls
}
