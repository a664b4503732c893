import type { Running } from "#kernel/service/running.ts"

type Http = Running["http"]

type Place = { http: Http | undefined; readonly named: Map<string, Place>; variable: Place | undefined }

const emptyPlace = (): Place => ({ http: undefined, named: new Map(), variable: undefined })

const isVariable = (part: string): boolean => part.startsWith(":")

/** Each segment of such a route matches one segment of a path. */
export const isSimple = (path: string): boolean => !/[*{}?]/.test(path)

const placeBelow = (place: Place, part: string): Place => {
  if (isVariable(part)) {
    place.variable ??= emptyPlace()
    return place.variable
  }
  const known = place.named.get(part) ?? emptyPlace()
  place.named.set(part, known)
  return known
}

const found = (place: Place | undefined, parts: readonly string[], index: number): Http | undefined => {
  if (place === undefined) return undefined
  const part = parts[index]
  if (part === undefined) return place.http
  const named = place.named.get(part)
  const own = named && found(named, parts, index + 1)
  return own ?? (part === "" ? undefined : found(place.variable, parts, index + 1))
}

/** What comes after the host, without the question, as the services read it. */
const pathOf = (url: string): string => {
  const start = url.indexOf("/", url.indexOf("//") + 2)
  const question = url.indexOf("?", start)
  const path = url.slice(start, question === -1 ? undefined : question)
  return path.includes("%") ? decoded(path) : path
}

const decoded = (path: string): string => {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

export type Routed = { readonly method: string; readonly path: string; readonly http: Http }

/** By method and path, for routes without a variable: most requests are for few of these. */
const fixedRoutes = (routes: readonly Routed[]) => {
  const fixed = new Map<string, Map<string, Http>>()
  for (const { method, path, http } of routes) {
    if (path.split("/").some(isVariable)) continue
    const paths = fixed.get(method) ?? new Map<string, Http>()
    fixed.set(method, paths)
    if (!paths.has(path)) paths.set(path, http)
  }
  return (method: string, path: string): Http | undefined => fixed.get(method)?.get(path)
}

/**
 * Whose a request is, by routes that are simple. A second framework's dispatch in front of each service's own costs half as much
 * as all the rest of a small request. Undefined for what has no such route.
 */
export const routing = (routes: readonly Routed[]): ((request: Request) => Http | undefined) => {
  const root = emptyPlace()
  const fixed = fixedRoutes(routes)
  for (const { method, path, http } of routes) {
    const place = [method, ...path.slice(1).split("/")].reduce(placeBelow, root)
    place.http ??= http
  }
  return ({ method, url }) => {
    const path = pathOf(url)
    const simple = fixed(method, path)
    if (simple) return simple
    const parts = path.slice(1).split("/")
    const own = found(root.named.get(method), parts, 0)
    return own ?? (method === "HEAD" ? found(root.named.get("GET"), parts, 0) : undefined)
  }
}
