import type { Measurement } from "./measurement.ts"
import type { Workload } from "./workload.ts"

export type Line =
  | Measurement
  | { readonly workload: string; readonly system: string; readonly not_measured: string }

const thousands = (rate: number): string => Math.round(rate).toLocaleString("en-US")

const resultOf = (line: Line): string => {
  if ("not_measured" in line) return `NOT MEASURED: ${line.not_measured}`
  const { rate, p50_ms, p99_ms, details = {} } = line
  const parts = [
    rate !== undefined && `${thousands(rate)}/s`,
    p50_ms !== undefined && `p50 ${p50_ms} ms`,
    p99_ms !== undefined && `p99 ${p99_ms} ms`,
    details.ratio !== undefined && `${details.ratio}×`,
    details.share !== undefined && `${details.share} %`,
    details.rss_mb !== undefined && `${details.rss_mb} MB`,
  ]
  return parts.filter(Boolean).join(", ")
}

/** In Markdown, so that it can be put where it is needed. */
export const tableOf = (workloads: readonly Workload[], lines: readonly Line[]): readonly string[] => {
  const systems = [...new Set(lines.map(({ system }) => system))]
  const rows = workloads.map(({ name, about, must, reach }) => {
    const of = (system: string) => lines.find((line) => line.workload === name && line.system === system)
    const cells = systems.map((system) => {
      const line = of(system)
      return line === undefined ? "" : resultOf(line)
    })
    return `| ${[about, must, reach, ...cells].join(" | ")} |`
  })
  const heads = ["workload", "must", "reach", ...systems]
  return [`| ${heads.join(" | ")} |`, `| ${heads.map(() => "---").join(" | ")} |`, ...rows]
}
