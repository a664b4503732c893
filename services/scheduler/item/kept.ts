import { taskRunId } from "#language/run-id.ts"
import type { KeptTask, KeptTasks } from "../run/keep.ts"
import type { RunStart } from "../run/start.ts"

/**
 * With the tasks whose items a rerun takes over one by one: such a task did not complete, but all that it needs did. It is
 * told which it was, and looks at its items when it comes to its own.
 */
export const withTemplates = (
  { plan, rerun }: Pick<RunStart, "plan" | "rerun">,
  kept: KeptTasks,
): KeptTasks => {
  if (!rerun || rerun.mode === "all") return kept
  const partly = plan.tasks.flatMap(({ idx, name, each, needs }): [number, KeptTask][] => {
    const isAgain = rerun.mode === "from" && name === rerun.task
    if (!each || isAgain || kept.has(idx) || !needs.every((need) => kept.has(need))) return []
    return [[idx, { id: taskRunId(rerun.of, idx), task: name, outputs: null }]]
  })
  return partly.length === 0 ? kept : new Map([...kept, ...partly])
}
