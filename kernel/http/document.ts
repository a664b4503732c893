import type { App } from "./app.ts"

const info = {
  title: "wf",
  version: "1",
  description: "Workflow orchestration for machine tasks and human work.",
}

const methods: ReadonlySet<string> = new Set(["get", "put", "post", "delete", "patch", "head"])

/** What an operation is about, as its path says: references and generated clients keep together what has the same one. */
const subjectOf = (path: string): string => {
  const [first = "", version, noun] = path.split("/").slice(1)
  if (first !== "api") return first.replace(/^\./, "")
  return version === "v1" && noun !== undefined ? noun : "earlier systems"
}

const withSubject = (path: string, item: object): object =>
  Object.fromEntries(
    Object.entries(item).map(([key, value]: [string, object]) => [
      key,
      methods.has(key) ? { tags: [subjectOf(path)], ...value } : value,
    ]),
  )

/** The OpenAPI document of one service. */
export const documentOf = (app: App) => {
  const document = app.getOpenAPI31Document({ openapi: "3.1.0", info })
  // A parameter that takes the rest of the path is written with its pattern for the router only.
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [
    path.replaceAll("{.+}", ""),
    withSubject(path, item ?? {}),
  ])
  return { ...document, paths: Object.fromEntries(paths) as typeof document.paths }
}

export type OpenApi = ReturnType<typeof documentOf>

/** One document for the platform, from those of its services. */
export const mergeDocuments = (documents: readonly OpenApi[]): OpenApi => {
  const [first] = documents
  const paths: Record<string, object> = {}
  const schemas: Record<string, object> = {}
  for (const document of documents) {
    for (const [path, item] of Object.entries(document.paths ?? {})) paths[path] = { ...paths[path], ...item }
    Object.assign(schemas, document.components?.schemas)
  }
  const sorted = Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)))
  const components = {
    ...first?.components,
    schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
  }
  return { openapi: "3.1.0", info, ...first, paths: sorted, components } as OpenApi
}
