import { expect, test } from "bun:test"
import { ownLimits } from "./own-limits.ts"

const reading = (processes: string, pid_max: string) => (path: string) =>
  path === "/proc/self/limits"
    ? `Limit  Soft Limit  Hard Limit  Units\nMax processes  900  ${processes}  processes\nMax open files  10  20000  files\n`
    : `${pid_max}\n`

test.each([
  ["96365", "32768", 32_768],
  ["4000", "4194304", 4_000],
  ["unlimited", "4194304", 1_048_576],
])("of %s processes, with numbers up to %s, a container may have %i", (processes, pid_max, expected) => {
  expect(ownLimits(reading(processes, pid_max))).toEqual({
    max_processes: expected,
    max_open_files: 20_000,
  })
})

test("where a system doesn't tell there is no limit but podman's own", () => {
  expect(ownLimits(() => "")).toEqual({
    max_processes: 1_048_576,
    max_open_files: Number.POSITIVE_INFINITY,
  })
})
