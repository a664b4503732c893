import approval from "./approval.yml" with { type: "text" }
import hello from "./hello.yml" with { type: "text" }
import pipeline from "./pipeline.yml" with { type: "text" }
import schedule from "./schedule.yml" with { type: "text" }

type Template = { readonly name: string; readonly shows: string; readonly text: string }

/** What a new workflow may begin as; the first one unless another is asked for. */
export const templates: readonly Template[] = [
  { name: "hello", shows: "inputs, tasks at the same time, outputs", text: hello },
  { name: "pipeline", shows: "files from task to task, a task for each of a list", text: pipeline },
  { name: "approval", shows: "somebody has to agree", text: approval },
  { name: "schedule", shows: "begins by itself, every weekday", text: schedule },
]
