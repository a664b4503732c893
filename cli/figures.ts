import { asJson } from "./clean.ts"
import type { Io } from "./io.ts"
import { printTable } from "./table.ts"

/** A measured value, with what a person sees of it. */
export type Figure = { readonly name: string; readonly value: number | string; readonly shown: string }

export type Spread = {
  readonly p50_ms: number
  readonly p90_ms: number
  readonly p99_ms: number
  readonly max_ms: number
}

const hundredths = (value: number): number => Math.round(value * 100) / 100

export const spreadOf = (times_ms: readonly number[]): Spread => {
  const sorted = times_ms.toSorted((one, other) => one - other)
  const at = (share: number) =>
    hundredths(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return { p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), max_ms: at(1) }
}

export const perSecond = (count: number, elapsed_ms: number): number =>
  elapsed_ms > 0 ? Math.round((count * 1_000) / elapsed_ms) : 0

/** Of a whole, to a tenth of a percent. */
export const shareOf = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part / whole) * 1_000) / 1_000

const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",")

export const count = (name: string, value: number): Figure => ({ name, value, shown: grouped(value) })
export const rate = (name: string, value: number): Figure => ({ name, value, shown: `${grouped(value)}/s` })
export const share = (name: string, value: number): Figure => ({
  name,
  value,
  shown: `${(value * 100).toFixed(1)} %`,
})

const milliseconds = (value: number): string => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`

export const spreadFigures = (name: string, spread: Spread): readonly Figure[] =>
  Object.entries(spread).map(([part, value]: [string, number]) => ({
    name: `${name}_${part}`,
    value,
    shown: milliseconds(value),
  }))

export const duration = (name: string, elapsed_ms: number): Figure => ({
  name,
  value: Math.round(elapsed_ms),
  shown: `${(elapsed_ms / 1_000).toFixed(1)} s`,
})

/** A table for a person, names and values between tabs for a pipe, one object as JSON. */
export const printFigures = (figures: readonly Figure[], json: boolean, io: Io): void => {
  if (json) {
    io.out(asJson(Object.fromEntries(figures.map(({ name, value }) => [name, value]))))
    return
  }
  const columns = [
    {
      title: "what",
      full: ({ name }: Figure) => name,
      short: ({ name }: Figure) => name.replace(/_ms$/, "").replaceAll("_", " "),
    },
    {
      title: "measured",
      full: ({ value }: Figure) => String(value),
      short: ({ shown }: Figure) => shown,
    },
  ]
  printTable(io, columns, figures)
}
