/** What the process has used of its processors so far. */
export const usedMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
