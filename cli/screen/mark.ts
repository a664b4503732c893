import type { Frame, Segment } from "./row.ts"

const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
const spin_ms = 100

const marks: Readonly<Record<string, Segment>> = {
  pending: { text: "·", style: "dim" },
  queued: { text: "○", style: "dim" },
  retrying: { text: "↻", style: "yellow" },
  waiting: { text: "…", style: "yellow" },
  paused: { text: "‖", style: "yellow" },
  completed: { text: "✓", style: "green" },
  failed: { text: "✗", style: "red" },
  skipped: { text: "–", style: "dim" },
  cancelled: { text: "–", style: "yellow" },
}

/** Of a status; what runs is seen to. */
export const markOf = (status: string, { now_ms }: Frame): Segment =>
  marks[status] ?? { text: spinner[Math.floor(now_ms / spin_ms) % spinner.length] ?? "▶", style: "blue" }

/** The same where many run: not every one of them needs to turn. */
export const stillMarkOf = (status: string): Segment => marks[status] ?? { text: "▶", style: "blue" }
