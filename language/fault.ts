import { suggest } from "./suggest.ts"

export type Path = readonly (string | number)[]

/** Where in a text: the n-th `${{` of a value (-1 in a bare one), and the offset inside its expression. */
type Spot = { readonly expression: number; readonly offset: number }

/** Something wrong with a definition, before it is known where in the file that is. */
export type Fault = {
  readonly path: Path
  readonly message: string
  /** The fault is the key at the path's end, not its value. */
  readonly on_key?: boolean
  readonly spot?: Spot
  /** What the author wrote and what could have been meant; looked at only when it is reported. */
  readonly word?: string
  readonly known?: Iterable<string>
}

export type DefinitionError = {
  readonly message: string
  readonly path: string
  readonly suggestion?: string
}

const pathText = (path: Path): string => {
  let text = ""
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`
    else if (/^[A-Za-z_$][\w$-]*$/.test(part)) text += text === "" ? part : `.${part}`
    else text += `[${JSON.stringify(part.slice(0, 100))}]`
  }
  return text
}

export const describe = (fault: Fault): DefinitionError => {
  const path = pathText(fault.path)
  const meant = fault.word === undefined ? undefined : suggest(fault.word, fault.known ?? [])
  if (meant === undefined) return { message: fault.message, path }
  return { message: `${fault.message}; did you mean \`${meant}\`?`, path, suggestion: meant }
}
