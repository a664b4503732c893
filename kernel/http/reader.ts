import { Problem } from "#kernel/problem/problem.ts"

/** Who reads what goes on for as long as they stay. */
export type Reader = {
  /** Fires when they have left. */
  readonly signal: AbortSignal
  leave(): void
  /** Throws once they may not read any more. */
  check(): Promise<unknown>
}

type Asked = { readonly req: { readonly raw: Request }; get(name: "check"): Reader["check"] }

/** A stream that is asked for by HEAD would never be read, and never be left. */
export const readerOf = (context: Asked): Reader => {
  if (context.req.raw.method === "HEAD") throw new Problem("request.not_found")
  const leaving = new AbortController()
  const leave = () => leaving.abort()
  context.req.raw.signal.addEventListener("abort", leave, { once: true })
  return { signal: leaving.signal, leave, check: context.get("check") }
}
