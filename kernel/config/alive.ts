/** Whether there is such a process, ours or somebody else's. */
export const isAlive = (process_id: number): boolean => {
  try {
    process.kill(process_id, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}
