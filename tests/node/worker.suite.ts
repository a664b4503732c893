import { expect, inject, test } from "vitest"
import { calls, createClient, createWorker, NonRetryable, type WorkContext, workflow } from "#sdk/index.ts"

const options = { url: inject("url"), token: inject("token") }
const wf = createClient(options)

const functions = {
  "greet-on-node": ({ who }: { who: string }, { log, secrets }: WorkContext) => {
    log(`the password is ${secrets.PASSWORD_ON_NODE}`)
    return { said: `hello, ${who}` }
  },
  "refuse-on-node": ({ said }: { said: string }) => {
    throw new NonRetryable(`no more after "${said}"`)
  },
}

const call = calls<typeof functions>()

const flow = workflow("worked-on-node", { secrets: ["PASSWORD_ON_NODE"] })
  .input({ who: { type: "string" } })
  .task("greet", ({ inputs }) => ({
    ...call("greet-on-node", { who: inputs.who }),
    secrets: ["PASSWORD_ON_NODE"],
    queue: "of-node",
  }))
  .task("refuse", ({ tasks }) => ({
    needs: ["greet"],
    ...call("refuse-on-node", { said: tasks.greet.outputs.said }),
    retries: { max_retries: 3 },
    queue: "of-node",
  }))

test("a worker on Node runs what a workflow written on Node says, and ends in order", async () => {
  const worker = createWorker({ client: wf, name: "of-node", queue: "of-node", functions })
  const working = worker.run()
  await wf.secrets.set("PASSWORD_ON_NODE", "correct horse battery")
  await wf.workflows.pushDefinition(flow.definition())
  const { id } = await wf.runs.start({ workflow: "worked-on-node", inputs: { who: "Ada" } })
  const lines: string[] = []
  for await (const { text } of wf.runs.logs(id, { follow: true })) lines.push(text)
  const { status, tasks } = await wf.runs.get(id)
  expect(status).toBe("failed")
  expect(tasks?.map(({ task, attempt, error }) => [task, attempt, error?.message])).toEqual([
    ["greet", 1, undefined],
    ["refuse", 1, 'no more after "hello, Ada"'],
  ])
  expect(lines).toContain("the password is ***")
  await worker.stop()
  await working
  const { items } = await wf.workers.list()
  expect(items.find(({ name }) => name === "of-node")).toMatchObject({ status: "gone", busy: 0 })
})
