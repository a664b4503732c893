import type { Condition } from "#kernel/documents/documents.ts"

/** Items are called as their task and their place in it, in brackets: no task's own name has such. */
const begins_place = "["
const after_begins_place = "\\"

const namesItem = (task: string): boolean => task.includes(begins_place)

/**
 * Chunks and executions of a task and of its items, or of the one item that is named. Some other names lie between
 * theirs, in the order of their characters: `isOfTask` tells.
 */
export const conditionOf = (task: string): Condition =>
  namesItem(task) ? task : { gte: task, lt: `${task}${after_begins_place}` }

export const isOfTask = (task: string | undefined, name: string): boolean => {
  if (task === undefined || name === task) return true
  return !namesItem(task) && name.startsWith(`${task}${begins_place}`)
}
