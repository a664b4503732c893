import { z } from "zod"
import { concurrencySchema } from "./concurrency.ts"
import { cacheSchema, forEachSchema, matrixSchema } from "./flow.ts"
import { constraints } from "./fragment.ts"
import { limits } from "./limits.ts"
import { schedulesSchema, triggersSchema } from "./schedule.ts"
import { taskLimitsSchema } from "./task-limits.ts"
import {
  artifactGlob,
  duration,
  environment,
  fetchGlob,
  fieldName,
  filePath,
  positiveDuration,
  priority,
  queueName,
  secretNames,
  taskName,
  workerLabels,
  workflowName,
} from "./words.ts"

const description = z
  .string()
  .max(limits.max_description_chars, `a description has at most ${limits.max_description_chars} characters`)

const inputTypes = ["string", "integer", "number", "boolean", "object", "array"] as const

export const inputSchema = z.strictObject({
  type: z.enum(inputTypes),
  description: description.optional(),
  required: z
    .union([z.boolean(), z.array(z.string().max(200)).max(limits.max_enum)], {
      error: "must be true or false, or a list of keys that a mapping must have",
    })
    .optional()
    .describe(
      "true: must be given at the start, unless there is a default. A list: the keys a mapping must have.",
    ),
  default: z.json().optional().describe("Text may have expressions, such as ${{ today() }}."),
  ...constraints,
})

const retriesSchema = z.strictObject({
  max_retries: z
    .int()
    .min(0)
    .max(limits.max_retries)
    .optional()
    .describe("Tries after the first; 3 when left out."),
  initial: duration.optional().describe("Wait before the first retry; 1s when left out."),
  factor: z.number().min(1).max(100).optional().describe("Each wait is this much longer; 2 when left out."),
  max: duration.optional().describe("No wait is longer; 60s when left out."),
  jitter: z.number().min(0).max(1).optional().describe("Share of random spread; 0.1 when left out."),
})

export const taskSchema = z.strictObject({
  description: description.optional(),
  run: z.string().optional().describe("A shell script: short for `uses: shell`."),
  uses: z.string().optional().describe("The type of the task."),
  with: z.record(z.string(), z.json()).optional().describe("What the type needs."),
  if: z
    .union([z.string().max(limits.max_expression_bytes), z.boolean()], { error: "must be an expression" })
    .optional()
    .describe("An expression, with or without ${{ }}: the task is skipped unless it is true."),
  for_each: forEachSchema.optional().describe("Runs once for each value, which expressions read as `item`."),
  matrix: matrixSchema
    .optional()
    .describe("Runs once for each combination, which expressions read as `matrix`."),
  max_parallel: z
    .int()
    .min(1)
    .max(limits.max_parallel)
    .optional()
    .describe("How many of for_each or matrix go on at once; all when left out."),
  fail_fast: z
    .boolean()
    .optional()
    .describe("Whether the others are cancelled when one has failed; false when left out."),
  cache: cacheSchema.optional().describe("A result that is taken over instead of running again."),
  secrets: secretNames.optional().describe("The workflow's secrets that this task is given."),
  needs: z
    .array(taskName)
    .max(limits.max_needs, `a task needs at most ${limits.max_needs} others`)
    .optional()
    .describe("The tasks that must have ended before this one."),
  env: environment.optional(),
  timeout: positiveDuration("a timeout").optional().describe("Of one attempt; 24h when left out."),
  queue_timeout: positiveDuration("a timeout")
    .optional()
    .describe("How long it may wait for a worker, each time it is queued; any time when left out."),
  retries: retriesSchema.optional(),
  when: z
    .enum(["success", "failure", "always"])
    .optional()
    .describe("Run when all needs are good (success), when one is bad (failure), or always."),
  on_worker_lost: z
    .enum(["retry", "fail"])
    .optional()
    .describe("retry when left out; fail for what must not run twice."),
  continue_on_error: z.boolean().optional().describe("A failure of this task counts as good for the run."),
  outputs: z
    .array(fieldName)
    .max(limits.max_outputs, `a task declares at most ${limits.max_outputs} outputs`)
    .optional()
    .describe("The outputs it writes. Declared ones are checked where they are used."),
  artifacts: z
    .array(artifactGlob)
    .max(limits.max_artifacts, `a task has at most ${limits.max_artifacts} artifact patterns`)
    .optional()
    .describe("Files to keep, as patterns relative to the task's folder."),
  fetch: z
    .array(fetchGlob)
    .max(limits.max_fetch, `a task has at most ${limits.max_fetch} patterns of files to fetch`)
    .optional()
    .describe("Artifacts of this run that are put into the task's folder: their names, or patterns."),
  labels: workerLabels.optional().describe("Only a worker that has all of these runs it."),
  limits: taskLimitsSchema
    .optional()
    .describe("What its processes may use; never more than the worker allows."),
  queue: queueName.optional(),
  priority: priority.optional().describe("Higher goes first; 0 when left out."),
})

const tasks = z.record(taskName, taskSchema)

export const definitionSchema = z.strictObject({
  $schema: z.string().max(500).optional(),
  name: workflowName,
  description: description.optional(),
  tags: z
    .array(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,62}$/, "a tag is 1 to 63 of A-Z, a-z, 0-9 and _.:-"),
    )
    .max(limits.max_tags, `a workflow has at most ${limits.max_tags} tags`)
    .optional(),
  files: z
    .array(filePath)
    .max(limits.max_files, `a workflow has at most ${limits.max_files} files`)
    .optional()
    .describe("Files bundled into the version and unpacked in each task's folder."),
  inputs: z.record(fieldName, inputSchema).optional(),
  env: environment.optional(),
  secrets: secretNames.optional().describe("The secrets that tasks may ask for."),
  schedule: schedulesSchema.optional().describe("When runs begin by themselves."),
  triggers: triggersSchema.optional().describe("What else begins runs."),
  timeout: positiveDuration("a timeout").optional().describe("Of the whole run; 30d when left out."),
  concurrency: concurrencySchema
    .optional()
    .describe("At most so many runs with the same key at once; the key may read inputs."),
  tasks,
  on_failure: tasks.optional().describe("Tasks that run after all others, if the run is about to fail."),
  finally: tasks.optional().describe("Tasks that run at the very end, however the others ended."),
  outputs: z
    .record(fieldName, z.json())
    .refine(
      (given) => Object.keys(given).length <= limits.max_outputs,
      `there are at most ${limits.max_outputs} outputs`,
    )
    .optional()
    .describe("What the run answers; texts may read `tasks`."),
})

export type Definition = z.output<typeof definitionSchema>
export type Task = z.output<typeof taskSchema>
export type Input = z.output<typeof inputSchema>
