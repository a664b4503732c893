import type { z } from "zod"
import { inlineTypes } from "./tasks/inline.ts"
import { machineTypes } from "./tasks/machine.ts"
import { notifyType } from "./tasks/notify.ts"
import { waitTypes } from "./tasks/wait.ts"

/** What a task may use. A new type is one entry here, with the schema of its `with`. */
export const taskTypes = {
  ...machineTypes,
  ...waitTypes,
  ...notifyType,
  ...inlineTypes,
} as const satisfies Record<string, z.ZodType>

export type TaskType = keyof typeof taskTypes

export const isTaskType = (name: string): name is TaskType => Object.hasOwn(taskTypes, name)

export const taskTypeNames = Object.keys(taskTypes)

/** Code sees what came before it by itself, so it is given all that its task needs. */
export const readsItsNeeds = (type: string): boolean => type === "script"
