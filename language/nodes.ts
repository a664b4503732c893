import type { ASTNode } from "@marcbachmann/cel-js"

export const childrenOf = (node: ASTNode): ASTNode[] => {
  const found: ASTNode[] = []
  const open: unknown[] = [node.args]
  while (open.length > 0) {
    const value = open.pop()
    if (Array.isArray(value)) open.push(...value)
    else if (isNode(value)) found.push(value)
  }
  return found
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === "object" && value !== null && "op" in value && "args" in value
