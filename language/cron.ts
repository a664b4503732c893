type Field = {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

const fields: readonly Field[] = [
  { name: "second", min: 0, max: 59 },
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: ["", ...months] },
  { name: "day of week", min: 0, max: 7, names: days },
]

const macros = new Set(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"])

/** What is wrong with a cron expression of five fields, or six with seconds first. */
export const cronFault = (cron: string): string | undefined => {
  const text = cron.trim().toLowerCase()
  if (text.startsWith("@")) {
    return macros.has(text) ? undefined : `\`${cron.slice(0, 50)}\` is none of ${[...macros].join(", ")}`
  }
  const parts = text.split(/\s+/)
  if (parts.length < 5 || parts.length > 6) {
    return `a cron expression has five fields (minute hour day month weekday), or six with seconds first, not ${parts.length}`
  }
  const own = parts.length === 6 ? fields : fields.slice(1)
  for (const [place, field] of own.entries()) {
    const fault = fieldFault(field, parts[place] ?? "")
    if (fault !== undefined) return fault
  }
  return neverFault(parts.slice(-5))
}

const fieldFault = (field: Field, text: string): string | undefined => {
  if (text.length > 200) return `the ${field.name} is too long`
  for (const part of text.split(",")) {
    const fault = partFault(field, part)
    if (fault !== undefined) return `the ${field.name}: ${fault}`
  }
  return undefined
}

const partFault = (field: Field, part: string): string | undefined => {
  const [range = "", step, ...more] = part.split("/")
  if (more.length > 0 || part === "") return `\`${part}\` can't be read`
  if (step !== undefined && !(/^\d{1,4}$/.test(step) && Number(step) > 0)) {
    return `\`/${step}\` is no step: write a whole number from 1`
  }
  if (range === "*" || (range === "?" && field.name.startsWith("day"))) return undefined
  if (field.name === "day of month" && range === "l") return undefined
  if (field.name === "day of week" && /^[0-7](?:l|#[1-5])$/.test(range)) return undefined
  const [low = "", high, ...ends] = range.split("-")
  const from = numberIn(field, low)
  const to = high === undefined ? from : numberIn(field, high)
  if (ends.length > 0 || from === undefined || to === undefined) {
    return `\`${part}\` is not within ${field.min} to ${field.max}`
  }
  return from > to ? `\`${range}\` ends before it begins` : undefined
}

const numberIn = ({ min, max, names }: Field, text: string): number | undefined => {
  const named = text === "" ? -1 : (names?.indexOf(text) ?? -1)
  const value = named >= 0 ? named : /^\d{1,2}$/.test(text) ? Number(text) : -1
  return value >= min && value <= max ? value : undefined
}

const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** February 30th never comes; a schedule of it would be silent for ever. */
const neverFault = ([, , day = "", month = "", weekday = ""]: readonly string[]): string | undefined => {
  if (!/^\d+(?:,\d+)*$/.test(day) || !/^[a-z0-9,]+$/.test(month) || !/^[*?]$/.test(weekday)) return undefined
  const earliest = Math.min(...day.split(",").map(Number))
  const found = month.split(",").map((one) => {
    const named = months.indexOf(one)
    return longest[named >= 0 ? named : Number(one) - 1] ?? 31
  })
  return found.every((last) => last < earliest)
    ? `it never fires: no such month has a day ${earliest}`
    : undefined
}
