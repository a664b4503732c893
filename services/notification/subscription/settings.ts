import { z } from "zod"
import { type FieldError, Problem } from "#kernel/problem/problem.ts"
import { durationMs } from "#language/duration.ts"
import type { Office } from "../office.ts"
import { minuteOf } from "./read.ts"
import type { ChangeSubscription, Channel, CreateSubscription } from "./shape.ts"

/** All that can be set of one, whether it was said now or before. */
export type Settings = Omit<CreateSubscription, "name"> & { readonly name: string }

/** Columns that follow from settings. */
export type Columns = {
  readonly longer_than_ms: number | null
  readonly quiet_from: number | null
  readonly quiet_until: number | null
}

export const columnsOf = ({
  longer_than,
  quiet_hours,
}: Pick<Settings, "longer_than" | "quiet_hours">): Columns => ({
  longer_than_ms: longer_than === null ? null : (durationMs(longer_than) ?? null),
  quiet_from: quiet_hours === null ? null : minuteOf(quiet_hours.from),
  quiet_until: quiet_hours === null ? null : minuteOf(quiet_hours.until),
})

/** One plain address: without anything that programs that handle mail read as a group, a list, a comment or a quote. */
const address = z.email().max(254)

export const isMailAddress = (text: string): boolean => address.safeParse(text).success

const webUrl = (text: string): URL | undefined => {
  const url = URL.parse(text)
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" ? url : undefined
}

/** Where it goes, in one text; and what of it anybody may see. */
export type Target = { readonly address: string | null; readonly shown: string }

/** A path of Slack's is as good as a password, and so is what follows a path anywhere. */
export const shownTo = (channel: "webhook" | "slack", text: string): string => {
  const url = webUrl(text)
  if (!url) return ""
  return channel === "slack"
    ? `${url.protocol}//${url.host}/…`
    : `${url.protocol}//${url.host}${url.pathname}`
}

type Wanted = Pick<Settings, "channel" | "scope" | "to"> & { readonly own_email: string }

const refused = (path: string, message: string): FieldError => ({ path, message })

const faultsIn = ({ channel, scope, to, own_email }: Wanted): readonly FieldError[] => {
  if (channel === "in_app")
    return to.length === 0 ? [] : [refused("to", "`in_app` goes to you, or to everybody of the workspace")]
  if (channel === "email") {
    if (scope === "workspace" && to.length === 0)
      return [refused("to", "say which addresses are to be written to")]
    const wrong = to.find((one) => !isMailAddress(one))
    if (wrong !== undefined) return [refused("to", `${wrong} is no plain e-mail address`)]
    const foreign = scope === "own" && to.some((one) => one.toLowerCase() !== own_email)
    return foreign
      ? [refused("to", "your own subscriptions write to your own address; `scope: workspace` to others")]
      : []
  }
  const [only = ""] = to
  if (to.length !== 1) return [refused("to", "give one URL")]
  return webUrl(only) ? [] : [refused("to", "a URL begins with http:// or https:// and has a host")]
}

/** Checks where it is to go; anything private is refused when it is called, since names may come to stand for others. */
export const targetOf = ({ mail }: Pick<Office, "mail">, wanted: Wanted): Target => {
  const { channel, scope, to } = wanted
  const errors = faultsIn(wanted)
  if (errors.length > 0) throw new Problem("request.invalid", { errors, detail: errors[0]?.message ?? "" })
  if (channel === "email" && !mail) throw new Problem("mail.not_set")
  if (channel === "in_app") return { address: null, shown: "" }
  if (channel === "email") {
    const own = scope === "own"
    return { address: own ? null : to.join("\n"), shown: own ? wanted.own_email : to.join(", ") }
  }
  const [url = ""] = to
  return { address: url, shown: shownTo(channel, url) }
}

export const checkEvents = ({ events, longer_than }: Pick<Settings, "events" | "longer_than">): void => {
  const isSlow = events.includes("run.slow")
  if (isSlow === (longer_than !== null)) return
  const message = isSlow
    ? "say how long a run may take, like 10m"
    : "`longer_than` belongs to the event `run.slow`"
  throw new Problem("request.invalid", { errors: [refused("longer_than", message)], detail: message })
}

const words: Readonly<Record<Channel, string>> = {
  in_app: "inbox",
  email: "mail",
  webhook: "webhook",
  slack: "Slack",
}

export const usualName = ({ events, channel }: Pick<Settings, "events" | "channel">): string =>
  `${events[0]}${events.length > 1 ? " …" : ""} by ${words[channel]}`

/** What is left out of a change stays as it is. */
export const changed = (known: Omit<Settings, "to">, given: ChangeSubscription): Omit<Settings, "to"> => {
  const { to: _, ...rest } = given
  const said = Object.entries(rest).filter(([, value]) => value !== undefined)
  return { ...known, ...Object.fromEntries(said) }
}
