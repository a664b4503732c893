import type { Fault, Path } from "./fault.ts"
import { misfits } from "./fits.ts"
import { fragmentOf } from "./inputs.ts"
import { isMapping, type Mapping } from "./mappings.ts"
import type { Input } from "./schema.ts"

type Inputs = Readonly<Record<string, Input>>

/** What is wrong with what begins runs by itself: nobody is there to be asked for inputs then. */
export const startFaults = (definition: Mapping, inputs: Inputs): Fault[] => {
  const faults: Fault[] = []
  const declared = Array.isArray(definition.secrets) ? definition.secrets : []
  for (const key of ["schedule", "triggers"] as const) {
    const starts: readonly unknown[] = Array.isArray(definition[key]) ? definition[key] : []
    const seen = new Set<unknown>()
    for (const [index, start] of starts.entries()) {
      if (!isMapping(start)) continue
      const path: Path = [key, index]
      if (start.name !== undefined && seen.has(start.name)) {
        faults.push({ path: [...path, "name"], message: "this name is there twice" })
      }
      seen.add(start.name)
      faults.push(...givenFaults(start, path, inputs))
      faults.push(...linkFaults(start, path, { name: definition.name, declared }))
    }
  }
  return faults
}

const givenFaults = (start: Mapping, path: Path, inputs: Inputs): Fault[] => {
  const faults: Fault[] = []
  const given = isMapping(start.inputs) ? start.inputs : {}
  for (const [name, value] of Object.entries(given)) {
    const at: Path = [...path, "inputs", name]
    const input = Object.hasOwn(inputs, name) ? inputs[name] : undefined
    if (!input) {
      const message = `unknown input \`${name.slice(0, 100)}\``
      faults.push({ path: at, on_key: true, message, word: name, known: Object.keys(inputs) })
    } else if (!JSON.stringify(value).includes("${{")) faults.push(...misfits(fragmentOf(input), value, at))
  }
  for (const [name, { required, default: usual }] of Object.entries(inputs)) {
    if (required !== true || usual !== undefined || Object.hasOwn(given, name)) continue
    faults.push({
      path,
      message: `the required input \`${name}\` isn't given: add it to \`inputs\` here, or a default`,
    })
  }
  return faults
}

type Around = { readonly name: unknown; readonly declared: readonly unknown[] }

const linkFaults = (start: Mapping, path: Path, { name, declared }: Around): Fault[] => {
  if (start.type === "webhook" && typeof start.secret === "string" && !declared.includes(start.secret)) {
    const message = `the secret \`${start.secret}\` isn't declared: add it to the workflow's \`secrets\``
    const known = declared.filter((one) => typeof one === "string")
    return [{ path: [...path, "secret"], message, word: start.secret, known }]
  }
  if (start.type !== "workflow" || start.workflow !== name) return []
  return [{ path: [...path, "workflow"], message: "a workflow can't be begun by its own end" }]
}
