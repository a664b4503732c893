type Labels = Readonly<Record<string, string>>

export type Counter = { add(labels: Labels, by?: number): void }
export type Gauge = { set(labels: Labels, value: number): void }
export type Histogram = { observe(labels: Labels, value: number): void }

/** Prometheus metrics of one process. Asking twice for a name gives the same metric. */
export type Metrics = {
  counter(name: string, help: string): Counter
  gauge(name: string, help: string): Gauge
  histogram(name: string, help: string, bounds?: readonly number[]): Histogram
  /** Runs before each exposition, to set gauges that are read rather than counted. */
  collect(read: () => void | Promise<void>): void
  expose(): Promise<string>
}

type Series = { readonly labels: string; value: number; buckets?: number[]; count?: number }

type Family = {
  readonly type: "counter" | "gauge" | "histogram"
  readonly help: string
  readonly bounds: readonly number[]
  readonly series: Map<string, Series>
  /** Who counts often gives the same object each time: then its text needn't be made again. */
  readonly known: WeakMap<Labels, Series>
}

/** More label sets than this are a leak: further ones are counted under no labels. */
const max_series = 2_000

const latency_bounds_s = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Looked at first, since hardly any value has one of these. */
const special = /[\\"\n]/

const escaped = (text: string): string =>
  special.test(text) ? text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n") : text

/** By name, so that the same labels are the same series in whatever order they are given. */
const labelText = (labels: Labels): string => {
  let text = ""
  for (const name of Object.keys(labels).sort())
    text += `${text === "" ? "" : ","}${name}="${escaped(labels[name] ?? "")}"`
  return text
}

const seriesOf = (family: Family, labels: Labels): Series => {
  const known = family.known.get(labels)
  if (known) return known
  const series = findSeries(family, labels)
  family.known.set(labels, series)
  return series
}

const findSeries = (family: Family, labels: Labels): Series => {
  const text = labelText(labels)
  const known = family.series.get(text)
  if (known) return known
  const key = family.series.size < max_series ? text : ""
  const series = family.series.get(key) ?? { labels: key, value: 0 }
  family.series.set(key, series)
  return series
}

const braces = (labels: string) => (labels === "" ? "" : `{${labels}}`)

const histogramLines = (name: string, family: Family, series: Series): string[] => {
  const prefix = series.labels === "" ? "" : `${series.labels},`
  let below = 0
  const lines = family.bounds.map((bound, index) => {
    below += series.buckets?.[index] ?? 0
    return `${name}_bucket{${prefix}le="${bound}"} ${below}`
  })
  const count = series.count ?? 0
  return [
    ...lines,
    `${name}_bucket{${prefix}le="+Inf"} ${count}`,
    `${name}_sum${braces(series.labels)} ${series.value}`,
    `${name}_count${braces(series.labels)} ${count}`,
  ]
}

const familyLines = (name: string, family: Family): string[] => {
  const help = family.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${family.type}`]
  for (const series of family.series.values()) {
    if (family.type === "histogram") lines.push(...histogramLines(name, family, series))
    else lines.push(`${name}${braces(series.labels)} ${series.value}`)
  }
  return lines
}

export const createMetrics = (): Metrics => {
  const families = new Map<string, Family>()
  const readers: (() => void | Promise<void>)[] = []

  const family = (name: string, wanted: Omit<Family, "series" | "known">): Family => {
    const known = families.get(name)
    if (known) return known
    const created = { ...wanted, series: new Map<string, Series>(), known: new WeakMap<Labels, Series>() }
    families.set(name, created)
    return created
  }

  return {
    counter(name, help) {
      const own = family(name, { type: "counter", help, bounds: [] })
      return {
        add(labels, by = 1) {
          seriesOf(own, labels).value += by
        },
      }
    },
    gauge(name, help) {
      const own = family(name, { type: "gauge", help, bounds: [] })
      return {
        set(labels, value) {
          seriesOf(own, labels).value = value
        },
      }
    },
    histogram(name, help, bounds = latency_bounds_s) {
      const own = family(name, { type: "histogram", help, bounds })
      return {
        observe(labels, value) {
          const series = seriesOf(own, labels)
          series.buckets ??= new Array<number>(own.bounds.length).fill(0)
          const index = own.bounds.findIndex((bound) => value <= bound)
          if (index >= 0) series.buckets[index] = (series.buckets[index] ?? 0) + 1
          series.value += value
          series.count = (series.count ?? 0) + 1
        },
      }
    },
    collect(read) {
      readers.push(read)
    },
    async expose() {
      // What can't be read now must not hide the rest.
      for (const read of readers) await Promise.try(read).catch(() => undefined)
      const lines = [...families].flatMap(([name, own]) => familyLines(name, own))
      return `${lines.join("\n")}\n`
    },
  }
}
