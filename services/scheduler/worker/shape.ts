import { z } from "@hono/zod-openapi"

export const workerShape = z
  .object({
    id: z.uuid(),
    name: z.string(),
    queues: z.array(z.string()),
    labels: z.record(z.string(), z.unknown()),
    types: z
      .array(z.string())
      .openapi({ description: "The types of tasks that it can run, as it said when it came." }),
    functions: z
      .array(z.string())
      .openapi({ description: "Of a workspace's own worker: the functions that it has." }),
    remote: z.boolean().openapi({ description: "It is the workspace's own; the platform's work for all." }),
    slots: z.int().openapi({
      description: "Tasks that it runs at once; of a platform's worker those with a process of their own.",
    }),
    inline_slots: z.int().openapi({ description: "Functions of the worker's own that it runs at once." }),
    busy: z.int().openapi({ description: "Tasks that it has claimed and not ended." }),
    status: z.enum(["busy", "idle", "draining", "gone"]),
    started_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime(),
  })
  .openapi("Worker")

export type Worker = z.infer<typeof workerShape>
