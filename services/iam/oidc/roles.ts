import { isAbove, isRole, type Role } from "#kernel/auth/permissions.ts"

/** The role that each group gives. */
export type RoleRules = ReadonlyMap<string, Role>

/** In place of a group: whoever can sign in at the provider. */
const everybody = "*"

type Pair = readonly [group: string, role: unknown]

/** Names of groups may have `=` inside, as those of directories do. */
const pairOf = (text: string): Pair => {
  const at = text.lastIndexOf("=")
  return at === -1 ? [text.trim(), undefined] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

const pairsOf = (text: string): readonly Pair[] | undefined => {
  if (!text.trimStart().startsWith("{")) return text.split(",").map(pairOf)
  try {
    return Object.entries(JSON.parse(text) as object)
  } catch {
    return undefined
  }
}

/** From `GROUP=ROLE,GROUP=ROLE`, or an object of JSON where names have commas. A text says what is wrong. */
export const parseRoleRules = (text: string): RoleRules | string => {
  const pairs = pairsOf(text)
  if (!pairs) return "must be GROUP=ROLE, separated by commas, or an object of JSON"
  const rules = new Map<string, Role>()
  for (const [group, role] of pairs) {
    if (group === "") return "names no group before a `=`"
    if (!isRole(role))
      return `gives the group \`${group}\` no role: viewer, operator, developer, admin or owner`
    if (rules.has(group)) return `names the group \`${group}\` twice`
    rules.set(group, role)
  }
  return rules.size > 0 ? rules : "names no group"
}

/** The highest of the roles that the groups give; undefined when none of them gives any. */
export const roleOf = (rules: RoleRules, groups: readonly string[]): Role | undefined => {
  const given = [everybody, ...groups].flatMap((group) => rules.get(group) ?? [])
  return given.reduce<Role | undefined>(
    (highest, role) => (highest === undefined || isAbove(role, highest) ? role : highest),
    undefined,
  )
}
