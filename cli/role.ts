import type { Role } from "#sdk/index.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

/** All that the API knows, from the least to the most. */
const roles: Readonly<Record<Role, true>> = {
  viewer: true,
  operator: true,
  developer: true,
  admin: true,
  owner: true,
}

const isRole = (text: string): text is Role => Object.hasOwn(roles, text)

export const readRole = (given: string): Role => {
  if (isRole(given)) return given
  throw new Failure(exit_codes.usage, `A role is one of ${Object.keys(roles).join(", ")}, not \`${given}\`.`)
}
