import type { App } from "./app.ts"

const info = {
  title: "wf",
  version: "1",
  description: "Workflow orchestration for machine tasks and human work.",
}

/** The OpenAPI document of one service. */
export const documentOf = (app: App) => {
  const document = app.getOpenAPI31Document({ openapi: "3.1.0", info })
  // A parameter that takes the rest of the path is written with its pattern for the router only.
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [
    path.replaceAll("{.+}", ""),
    item,
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
