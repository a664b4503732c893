import { z } from "zod"

/** Settings that don't fit; printed all together by the composition root, which exits with 78. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the settings are not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`)
    this.name = "ConfigError"
    this.problems = problems
  }
}

/** sysexits' EX_CONFIG. */
export const config_exit_code = 78

export type Environment = Readonly<Record<string, string | undefined>>

export const parseConfig = <Schema extends z.ZodType>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> => {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  )
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  throw new ConfigError(parsed.error.issues.map((issue) => faultOf(issue, given)))
}

const faultOf = (issue: z.core.$ZodIssue, given: Environment): string => {
  const name = issue.path.join(".")
  const is_missing = issue.code === "invalid_type" && issue.path.length === 1 && !Object.hasOwn(given, name)
  return `${name}: ${is_missing ? "is not set" : issue.message}`
}

/** A whole number from text, as environment variables carry it. */
export const wholeNumber = (limits: { min: number; max: number }) =>
  z
    .string()
    .regex(/^\d+$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(limits.min).max(limits.max))
