/** What was looked at, how it is, and what to do where it isn't well. */
export type Finding = {
  readonly part: "client" | "settings" | "server" | "work" | "data"
  readonly check: string
  readonly verdict: "ok" | "warning" | "bad"
  readonly says: string
  readonly next?: string
}

type Told = { readonly says: string; readonly next: string }

/** The findings of one part. */
export const findingsOf = (part: Finding["part"]) => ({
  ok: (check: string, says: string): Finding => ({ part, check, verdict: "ok", says }),
  warning: (check: string, told: Told): Finding => ({ part, check, verdict: "warning", ...told }),
  bad: (check: string, told: Told): Finding => ({ part, check, verdict: "bad", ...told }),
})
