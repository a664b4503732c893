import { join } from "node:path"
import { root } from "./platform.ts"

type Schema = Readonly<Record<string, unknown>>

type Parameter = { readonly in: "path" | "query" | "header"; readonly name: string }

type Described = {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly security?: readonly unknown[]
}

/** One operation of the published document. */
export type Operation = {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly isOpen: boolean
  /** Of a body in JSON, the names of its fields. */
  readonly fields: readonly string[]
  readonly content_type: string | undefined
}

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const fieldsOf = (schema: Schema | undefined, { components }: Document): readonly string[] => {
  const name =
    String(schema?.$ref ?? "")
      .split("/")
      .at(-1) ?? ""
  const parts = [schema, components.schemas[name], ...((components.schemas[name]?.allOf as Schema[]) ?? [])]
  return parts.flatMap((part) => Object.keys((part?.properties as Schema) ?? {}))
}

export const operations = async (): Promise<readonly Operation[]> => {
  const document = (await Bun.file(join(root, "sdk/openapi.json")).json()) as Document
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, described]) => {
      const content = Object.entries(described.requestBody?.content ?? {})[0]
      return {
        id: described.operationId,
        method: method.toUpperCase(),
        path,
        parameters: described.parameters ?? [],
        isOpen: described.security === undefined,
        fields: fieldsOf(content?.[1].schema, document),
        content_type: content?.[0],
      }
    }),
  )
}
