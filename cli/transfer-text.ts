import { cleanLine } from "./clean.ts"
import { lastedWhole } from "./screen/lasted.ts"
import { size } from "./table.ts"

/** How far the transfer of a file has come. */
export type Transfer = {
  readonly name: string
  /** Which one of how many. */
  readonly place: readonly [at: number, of: number]
  readonly size_bytes: number
  /** What was there before it began. */
  readonly from_bytes: number
  readonly at_bytes: number
  readonly elapsed_ms: number
}

const bar_width = 16
const max_name = 32

export const transferText = ({ name, place: [at, of], ...transfer }: Transfer): string => {
  const { size_bytes, from_bytes, at_bytes, elapsed_ms } = transfer
  const share = size_bytes === 0 ? 1 : at_bytes / size_bytes
  const full = Math.floor(share * bar_width)
  const bytes_per_ms = (at_bytes - from_bytes) / Math.max(elapsed_ms, 1)
  const left_ms = bytes_per_ms > 0 ? (size_bytes - at_bytes) / bytes_per_ms : undefined
  const shown = cleanLine(name)
  return [
    ...(of > 1 ? [`[${at}/${of}]`] : []),
    shown.length > max_name ? `…${shown.slice(1 - max_name)}` : shown,
    `${"█".repeat(full)}${"░".repeat(bar_width - full)} ${String(Math.floor(share * 100)).padStart(3)} %`,
    `${size(at_bytes)} of ${size(size_bytes)}`,
    `${size(Math.round(bytes_per_ms * 1000))}/s`,
    ...(left_ms === undefined ? [] : [`${lastedWhole(0, left_ms)} left`]),
  ].join("  ")
}
