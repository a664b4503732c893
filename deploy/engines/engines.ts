import type { Engine } from "./engine.ts"
import { envoy } from "./envoy.ts"
import { kafka } from "./kafka.ts"
import { mongo } from "./mongo.ts"
import { postgres } from "./postgres.ts"
import { versitygw } from "./versitygw.ts"

/** Every engine there is. */
export const engines: readonly Engine[] = [postgres, kafka, mongo, versitygw, envoy]

/** The engines of these names; all of them where none is named. */
export const enginesNamed = (names: readonly string[]): readonly Engine[] => {
  if (names.length === 0) return engines
  return names.map((name) => {
    const found = engines.find((engine) => engine.name === name)
    if (found) return found
    throw new Error(
      `There is no engine "${name}". There are: ${engines.map((engine) => engine.name).join(", ")}`,
    )
  })
}
