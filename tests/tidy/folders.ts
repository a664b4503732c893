import { basename } from "node:path"
import ts from "typescript"
import { type Fault, faultAt, nodesOf, type Source } from "./source.ts"

/** A file of each role has this name in every service, and no other. What `migrations/` is to tables, `collections.ts` is to documents. */
const roles = ["main", "service", "config", "http", "rpc", "consume", "loops", "given", "collections"]
const required = ["README.md", "main.ts", "service.ts", "config.ts"]

const vague = /(^|[-.])(utils?|common|helpers?|manager|base|impl)([-.]|$)/
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/

const fault = (path: string, message: string): Fault => ({ path, line: 1, message })

/** Whoever reads a name knows what is inside, and finds it by it. */
export const nameFaults = (paths: readonly string[]): readonly Fault[] =>
  paths.flatMap((path) => {
    const words = path.split("/").map((part) => part.replace(/(\.(test|suite|d))?\.tsx?$/, ""))
    const faults: Fault[] = []
    if (words.some((word) => vague.test(word)))
      faults.push(fault(path, "the name says nothing: name the noun or the verb"))
    if (!words.every((word) => kebab.test(word))) faults.push(fault(path, "names are written in-kebab-case"))
    return faults
  })

const insideOf = (paths: readonly string[], service: string): readonly string[] => {
  const prefix = `services/${service}/`
  return paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length))
}

const judgeService = (service: string, inside: readonly string[]): readonly Fault[] => {
  const at = (name: string) => `services/${service}/${name}`
  const faults = required
    .filter((name) => !inside.includes(name))
    .map((name) => fault(at(name), "every service has this file"))
  const tops = inside.filter((path) => /^[^/]+\.tsx?$/.test(path) && !path.includes(".test."))
  const others = tops.filter((path) => !roles.includes(basename(path, ".ts")))
  if (others.length > 1)
    faults.push(
      fault(
        at(others.join(", ")),
        "beside its doors a service has one file, for what its use-cases stand on; the rest lives in folders named by nouns",
      ),
    )
  const deep = inside.filter((path) => path.split("/").length > 2)
  for (const path of deep) faults.push(fault(at(path), "a service's folders are flat: <noun>/<verb>.ts"))
  return faults
}

/** `services/all` is the composition of the others, not a service. */
export const serviceFaults = (paths: readonly string[]): readonly Fault[] => {
  const services = new Set(paths.flatMap((path) => /^services\/([^/]+)\//.exec(path)?.[1] ?? []))
  services.delete("all")
  return [...services].flatMap((service) => judgeService(service, insideOf(paths, service)))
}

const role_calls: readonly (readonly [call: string, file: string])[] = [
  ["loop", "loops.ts"],
  ["service", "service.ts"],
  ["runService", "main.ts"],
  ["createApp", "http.ts"],
]

/** What makes a door is called in the file of that door's name. */
export const roleFaults = (sources: readonly Source[]): readonly Fault[] =>
  sources
    .filter(({ path }) => path.startsWith("services/") && !path.startsWith("services/all/"))
    .filter(({ path }) => !path.includes(".test."))
    .flatMap((source) =>
      [...nodesOf(source.tree)].flatMap((node) => {
        if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return []
        const called = node.expression.text
        const role = role_calls.find(([call]) => call === called)
        if (role === undefined || basename(source.path) === role[1]) return []
        return [faultAt(source, node, `${called}() belongs into ${role[1]}`)]
      }),
    )
