import { Problem } from "#kernel/problem/problem.ts"

type Issue = {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string | undefined
  /** Of one that may be several things: what each of them finds wrong. */
  readonly errors?: readonly (readonly Issue[])[]
}

/** What a schema found wrong with a request, as a refusal that names each field. */
export const invalidRequest = ({ issues }: { readonly issues: readonly Issue[] }): Problem => {
  const errors = issues
    .flatMap(plainIssues)
    .map(({ path, message }) => ({ path: path.map(String).join("."), message }))
  const detail = errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ")
  return new Problem("request.invalid", { errors, detail })
}

/** Of several things that are allowed what was meant is probably the one that has least against it, but for which one it is. */
const plainIssues = (issue: Issue): readonly Issue[] => {
  const [meant] = [...(issue.errors ?? [])].sort(
    (one, other) => otherValues(one) - otherValues(other) || one.length - other.length,
  )
  if (!meant || meant.length === 0) return [issue]
  return meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(plainIssues)
}

const otherValues = (issues: readonly Issue[]): number =>
  issues.filter(({ code }) => code === "invalid_value").length

/** The same of one field. */
export const invalidField = (path: string, message: string): Problem =>
  invalidRequest({ issues: [{ path: [path], message }] })
