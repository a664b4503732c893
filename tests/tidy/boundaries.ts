import { type Fault, faultAt, type Import, importsOf, isTestCode, type Source } from "./source.ts"

/** The part of the tree that a file belongs to; each service is a part of its own. */
const partOf = (path: string): string => {
  const [area = "", second = ""] = path.split("/")
  if (area === "sdk" && second === "testing") return "sdk/testing"
  return area === "services" ? `services/${second}` : area
}

/** What each part may import besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  kernel: ["proto"],
  language: [],
  proto: [],
  sdk: ["language"],
  // It decides as the engine does by being the engine.
  "sdk/testing": ["sdk", "language", "kernel", "services/scheduler"],
  cli: ["sdk", "language", "kernel/config", "kernel/archive", "docs"],
  service: ["kernel", "language", "proto"],
  "services/all": ["kernel", "language", "proto", "services"],
  deploy: ["kernel", "language", "proto", "services"],
  examples: ["sdk"],
  tests: ["cli", "deploy", "examples", "kernel", "language", "proto", "sdk", "services"],
}

/** Tests beside the code may start real engines, and use what the kernel has for tests. */
const allowed_in_tests = ["deploy/engines", "kernel/testing"]

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

const isAllowed = (from: string, to: string): boolean => {
  const part = partOf(from)
  const rule = allowed[part] ?? allowed.service ?? []
  const folders = [part, ...rule, ...(isTestCode(from) ? allowed_in_tests : [])]
  return folders.some((folder) => isBelow(to, folder))
}

const judge = (source: Source, one: Import): readonly Fault[] => {
  const { node, specifier, path } = one
  const faults: Fault[] = []
  if (path === undefined) return faults
  if (!isAllowed(source.path, path))
    faults.push(faultAt(source, node, `${partOf(source.path)} may not import ${path}`))
  if (specifier.startsWith(".") && partOf(source.path) !== partOf(path))
    faults.push(
      faultAt(source, node, `write "#${path}": a relative import stays within its part of the tree`),
    )
  if (!isTestCode(source.path) && isTestCode(path))
    faults.push(faultAt(source, node, `${path} is for tests only`))
  return faults
}

/** Who may import whom. */
export const boundaryFaults = (sources: readonly Source[]): readonly Fault[] =>
  sources.flatMap((source) => importsOf(source).flatMap((one) => judge(source, one)))
