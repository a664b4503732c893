import { Problem } from "#kernel/problem/problem.ts"

export const max_body_bytes = 4 * 1024 * 1024

export const tooLarge = (): never => {
  throw new Problem("request.too_large", { detail: `At most ${max_body_bytes} bytes are taken.` })
}

/** No text of ours has a NUL, and PostgreSQL takes none. */
export const refuseNul = ({ url }: Request): void => {
  if (!url.includes("%00")) return
  throw new Problem("request.malformed", { detail: "The address has a NUL, which no value may have." })
}

/**
 * A body is measured while it comes only if its length isn't told: to look at it as a stream costs more than all else that
 * happens before a request is answered.
 */
export const isMeasured = ({ headers }: Request): boolean =>
  !headers.has("content-length") || headers.has("transfer-encoding")

/** Of what tells its length. */
export const refuseOversize = ({ headers }: Request): void => {
  if (Number(headers.get("content-length")) > max_body_bytes) tooLarge()
}
