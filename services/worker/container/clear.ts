import { worker_label } from "./arguments.ts"
import { ask, type Found } from "./tool.ts"

/** Removes the containers that workers which are gone have left. */
export const clearContainers = async (
  tool: () => Promise<Found>,
  worker_ids: readonly string[],
): Promise<void> => {
  if (worker_ids.length === 0) return
  const found = await tool()
  if (!found.ok) return
  for (const id of worker_ids) {
    const left = await ask(found.tool, ["ps", "--all", "--quiet", "--filter", `label=${worker_label}=${id}`])
    const names = left.split("\n").filter((name) => name !== "")
    if (names.length > 0) await ask(found.tool, ["rm", "--force", ...names])
  }
}
