import { roles } from "#language/roles.ts"
import type { Role } from "#sdk/index.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

export const readRole = (given: string): Role => {
  const role = roles.find((one) => one === given)
  if (role !== undefined) return role
  throw new Failure(exit_codes.usage, `A role is one of ${roles.join(", ")}, not \`${given}\`.`)
}
