export type Cpu = { readonly app_us: number; readonly postgres_us: number; readonly other_us: number }

/** What a workload found; which of these there are depends on what it is about. */
export type Found = {
  /** Per second. */
  readonly rate?: number
  readonly p50_ms?: number
  readonly p99_ms?: number
  readonly n: number
  readonly details?: Readonly<Record<string, number | string>>
}

export type Measurement = Found & { readonly workload: string; readonly system: string }

/** Of numbers in rising order. */
const atShare = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

export const round = (value: number, places = 2): number => Number(value.toFixed(places))

export const percentiles = (times_ms: readonly number[]): { p50_ms: number; p99_ms: number } => {
  const sorted = times_ms.toSorted((one, other) => one - other)
  return { p50_ms: round(atShare(sorted, 0.5)), p99_ms: round(atShare(sorted, 0.99)) }
}

export const median = (values: readonly number[]): number =>
  round(
    atShare(
      values.toSorted((one, other) => one - other),
      0.5,
    ),
  )

/** Microseconds of CPU for each of `n`. */
export const perItem = (cpu: Cpu | undefined, n: number): Readonly<Record<string, number>> =>
  cpu === undefined || n === 0
    ? {}
    : {
        app_cpu_us: round(cpu.app_us / n, 1),
        postgres_cpu_us: round(cpu.postgres_us / n, 1),
        ...(cpu.other_us > 0 && { other_cpu_us: round(cpu.other_us / n, 1) }),
      }
