import type { Command } from "./command.ts"

const json = ["--json", "print the figures as one object"] as const

/** What measures a platform that runs. */
export const benchCommands: readonly Command[] = [
  {
    name: "bench jobs",
    summary: "create jobs as fast as it goes, wait for their ends, and print rates and percentiles",
    options: [
      ["--count <number>", "how many (default 1000)"],
      ["--concurrency <number>", "how many requests at once (default 50)"],
      ["--type <type>", "of what type (default noop)"],
      ["--payload <json>", "with what payload (default {})"],
      ["--flaky <share>", "so many of them fail every other try; one in eight of those ends a dead letter"],
      ["--queue <name>", "in this queue, which nobody else should use (default: a new one)"],
      json,
    ],
    examples: [
      "wf bench jobs --count 10000 --concurrency 100",
      "wf bench jobs --count 5000 --flaky 0.2 --json",
    ],
    load: () => import("./commands/bench/jobs.ts"),
  },
  {
    name: "bench sequences",
    summary: "start sequences of steps as fast as it goes, wait for their ends, and print rates",
    options: [
      ["--count <number>", "how many (default 1000)"],
      ["--steps <number>", "how many steps each (default 3)"],
      ["--concurrency <number>", "how many requests at once (default 50)"],
      ["--type <type>", "of what type the steps are (default noop)"],
      json,
    ],
    examples: ["wf bench sequences --count 5000 --steps 3 --concurrency 50"],
    load: () => import("./commands/bench/sequences.ts"),
  },
]
