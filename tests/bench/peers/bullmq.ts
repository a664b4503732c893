import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq"
import type { Flows, Jobs, Peer } from "./peer.ts"

const add_size = 1_000
const concurrency = 200

type Address = ConstructorParameters<typeof FlowProducer>[0]
type Flow = Parameters<FlowProducer["add"]>[0]

const flowsOf = async (address: Address): Promise<Flows & { close(): Promise<void> }> => {
  const queueName = "bench-flows"
  const events = new QueueEvents(queueName, address)
  await events.waitUntilReady()
  const producer = new FlowProducer(address)
  const worker = new Worker(queueName, async () => undefined, { ...address, concurrency })
  const step = { name: "step", queueName, data: {} }
  const done = async (flow: Flow) => {
    const { job } = await producer.add(flow)
    await job.waitUntilFinished(events)
  }
  const chainOf = (length: number): Flow => {
    let flow: Flow = step
    for (let index = 1; index < length; index += 1) flow = { ...step, children: [flow] }
    return flow
  }
  return {
    chain: (length) => done(chainOf(length)),
    fanOut: (width) => done({ ...step, children: Array.from({ length: width }, () => step) }),
    async close() {
      await worker.close()
      await producer.close()
      await events.close()
    },
  }
}

const jobsOf = (queue: Queue, address: Address): Jobs => {
  let worker: Worker | undefined
  return {
    enqueue: () => queue.add("bench", { n: 1 }),
    async enqueueMany(count) {
      for (let left = count; left > 0; left -= add_size) {
        const length = Math.min(left, add_size)
        await queue.addBulk(Array.from({ length }, () => ({ name: "bench", data: { n: 1 } })))
      }
    },
    async work(begun) {
      worker = new Worker("bench", async () => begun(), { ...address, concurrency })
    },
    rest: async () => worker?.close(),
    async left() {
      const counts = await queue.getJobCounts("waiting", "active", "delayed", "prioritized")
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    },
  }
}

export const peer: Peer = {
  async open({ redis_port }) {
    const address = { connection: { host: "127.0.0.1", port: redis_port, maxRetriesPerRequest: null } }
    const queue = new Queue("bench", address)
    const flows = await flowsOf(address)
    return {
      jobs: jobsOf(queue, address),
      flows,
      async close() {
        await flows.close()
        await queue.close()
      },
    }
  },
}
