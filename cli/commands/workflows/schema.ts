import { jsonSchema } from "#language/schema-json.ts"
import type { Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

/** The same for everybody, so it needs no platform. */
export const run = (_: Given, io: Io): Promise<number> => {
  io.out(JSON.stringify(jsonSchema(), null, 2))
  return Promise.resolve(exit_codes.done)
}
