// A worker of your own: functions that tasks with `uses: function` call by their names. Start it with
// `WF_URL=… WF_TOKEN=… bun examples/worker/main.ts`, then `wf run examples/worker/delivery.yml`.
import { createWorker, NonRetryable, RetryLater, type WorkContext } from "wf"

type Parcel = { readonly weight_kg: number; readonly to: string }

const max_weight_kg = 30

const quote = ({ weight_kg, to }: Parcel, { log }: WorkContext) => {
  // To try it again would not make it lighter.
  if (weight_kg > max_weight_kg) throw new NonRetryable(`We carry at most ${max_weight_kg} kg.`)
  log(`${weight_kg} kg to ${to}`)
  return { price: 4 + weight_kg * 2 }
}

const book = async ({ to }: Parcel, { attempt, log }: WorkContext) => {
  if (attempt === 1) throw new RetryLater("The carrier is busy.", "100ms")
  log(`booked for ${to}`)
  return { label: `${to.toLowerCase()}-${attempt}` }
}

const deliver = async ({ takes_ms }: { readonly takes_ms: number }, { signal, log }: WorkContext) => {
  log("on the road")
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, takes_ms)
    // Cancelled, timed out, or the worker stops: nobody waits for it any more.
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      reject(new Error("turned back"))
    })
  })
  return "delivered"
}

/** Of jobs: `wf jobs create weigh`, or `client.jobs.create({type: "weigh", payload})`. */
const weigh = (parcels: readonly Parcel[]) => ({
  weight_kg: parcels.reduce((sum, { weight_kg }) => sum + weight_kg, 0),
})

const worker = createWorker({
  url: process.env.WF_URL ?? "http://127.0.0.1:4400",
  ...(process.env.WF_TOKEN && { token: process.env.WF_TOKEN }),
  name: "parcels",
  functions: { quote, book, deliver },
  jobs: { weigh },
  labels: { fleet: "north" },
  onTrouble: ({ doing, error }) => process.stderr.write(`${doing}: ${error}\n`),
})

await worker.run()
