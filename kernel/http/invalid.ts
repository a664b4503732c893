import { Problem } from "#kernel/problem/problem.ts"

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string }

/** What a schema found wrong with a request, as a refusal that names each field. */
export const invalidRequest = ({ issues }: { readonly issues: readonly Issue[] }): Problem => {
  const errors = issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }))
  const detail = errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ")
  return new Problem("request.invalid", { errors, detail })
}

/** The same of one field. */
export const invalidField = (path: string, message: string): Problem =>
  invalidRequest({ issues: [{ path: [path], message }] })
