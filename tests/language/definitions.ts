import { randomFrom } from "#language/testing/random.ts"

type Json = Record<string, unknown>

type Chance = {
  readonly one: <Value>(values: readonly Value[]) => Value
  readonly maybe: (share: number) => boolean
}

const chanceOf = (random: () => number): Chance => ({
  one: (values) => {
    const value = values[Math.floor(random() * values.length)]
    if (value === undefined) throw new Error("there is nothing to choose from")
    return value
  },
  maybe: (share) => random() < share,
})

const durations = ["500ms", "10s", "90s", "1.5h", "2d", "60m"]

/** Types that a worker runs, each with something that its `with` may be. */
const machines: readonly (() => Json)[] = [
  () => ({ run: "echo ${{ inputs.day }} '${{ env.REGION }}'" }),
  () => ({ uses: "shell", with: { run: "true" } }),
  () => ({ uses: "noop" }),
  () => ({ uses: "compute", with: { iterations: 10 } }),
  () => ({
    uses: "script",
    with: { code: "export default () => ({})", data: { a: [1, "${{ inputs.n }}"] } },
    limits: { memory: "64MB", open_files: 32 },
  }),
  () => ({
    uses: "http",
    with: {
      url: "https://example.test/${{ inputs.day }}",
      json: { a: null },
      expected_status: [200, "4xx"],
      retry_after: false,
    },
  }),
  () => ({ uses: "container", with: { image: "alpine:3", command: ["ls", "-l"], workdir: "/" } }),
  () => ({ run: "true", limits: { processes: 5, output: "1.5MB" } }),
  () => ({ uses: "function", with: { name: "send", input: { to: "${{ inputs.day }}" } } }),
  () => ({ uses: "notify", with: { channel: "email", to: "a@example.test", subject: "x" } }),
]

const waits: readonly (() => Json)[] = [
  () => ({ uses: "approval", with: { roles: ["owner", "admin"], timeout: "1h", remind_before: "10m" } }),
  () => ({ uses: "approval", with: { people: ["b@example.test", "a@example.test"], approvals: 2 } }),
  () => ({ uses: "signal", with: { timeout: "60s", on_timeout: "continue", schema: { type: "object" } } }),
  () => ({ uses: "signal" }),
  () => ({ uses: "sleep", with: { duration: "90m" } }),
  () => ({ uses: "sleep", with: { until: "${{ addDays(today(), 1) }}" } }),
  () => ({ uses: "workflow", with: { name: "other", inputs: { a: "${{ inputs.n }}" }, wait: false } }),
  () => ({ uses: "workflow", with: { name: "other", version: 2 }, timeout: "24h" }),
]

const repeats: readonly Json[] = [
  { for_each: [1, "two", { three: 3 }], max_parallel: 2 },
  { for_each: "${{ inputs.list }}", fail_fast: true },
  { for_each: ["${{ inputs.day }}", 2] },
  {
    matrix: {
      os: ["linux", "mac"],
      node: [18, 20],
      exclude: [{ os: "linux", node: 20 }],
      include: [{ os: "win" }],
    },
  },
  { matrix: { os: "${{ inputs.list }}", node: [18] }, max_parallel: 1 },
]

const workerSettings = ({ one, maybe }: Chance, uses: unknown): Json => ({
  ...(maybe(0.2) && { env: { B: true, A: "x${{ inputs.n }}", N: 3 } }),
  ...(maybe(0.2) && { timeout: one(durations) }),
  ...(maybe(0.2) && { queue_timeout: one(durations) }),
  ...(maybe(0.3) && {
    retries: one([{}, { max_retries: 5, factor: 3 }, { initial: "2s", max: "2m", jitter: 0 }]),
  }),
  ...(maybe(0.1) && { on_worker_lost: one(["fail", "retry"]) }),
  ...(maybe(0.2) && { queue: "slow", priority: 3 }),
  ...(maybe(0.2) && uses !== "function" && { artifacts: ["out/*.csv", "a.txt"] }),
  ...(maybe(0.2) && { labels: { zone: "a", gpu: "yes" } }),
  ...(maybe(0.2) && { secrets: ["TOKEN", "KEY"] }),
  ...(maybe(0.2) && { cache: { key: "k-${{ inputs.day }}", ttl: one(durations) } }),
})

const hasFolder = ({ run, uses }: Json): boolean =>
  run !== undefined || ["shell", "script", "container"].includes(String(uses))

type Making = { readonly section: string; readonly earlier: readonly string[]; readonly chance: Chance }

const taskOf = ({ section, earlier, chance }: Making): Json => {
  const { one, maybe } = chance
  const needs = earlier.filter(() => maybe(0.3)).slice(0, 4)
  const mayChoose = section === "tasks" ? needs.length > 0 : section === "finally" && needs.length > 0
  const isWait = maybe(0.3)
  const machine: Json = one(machines)()
  const own = isWait ? one(waits)() : { ...machine, ...workerSettings(chance, machine.uses) }
  return {
    ...own,
    ...(needs.length > 0 && { needs }),
    ...(needs.length > 0 && hasFolder(own) && maybe(0.3) && { fetch: ["out/*.csv", "a.txt"] }),
    ...(mayChoose && maybe(0.3) && { when: one(["success", "failure", "always"]) }),
    ...(needs[0] !== undefined && maybe(0.3) && { if: `tasks["${needs[0]}"].status == 'completed'` }),
    ...(maybe(0.2) && { if: one(["true", "${{ inputs.n > 1 }}", false]) }),
    ...(maybe(0.2) && one(repeats)),
    ...(maybe(0.2) && { continue_on_error: true }),
    ...(maybe(0.3) && { outputs: ["rows", "files"] }),
  }
}

/** A definition that is right, with some of everything there is. */
export const randomDefinition = (seed: number): Json => {
  const random = randomFrom(seed)
  const chance = chanceOf(random)
  const { one, maybe } = chance
  const section = (name: string, max: number): Json => {
    const tasks: Json = {}
    const count = Math.floor(random() * max) + 1
    for (let index = 0; index < count; index++) {
      tasks[`${name}_${index}`] = taskOf({ section: name, earlier: Object.keys(tasks), chance })
    }
    return tasks
  }
  return {
    name: "random",
    inputs: {
      day: { type: "string", default: "${{ today() }}", format: "date" },
      n: { type: "integer", default: 2, minimum: 1 },
      list: { type: "array", default: [1], items: { type: "integer" } },
    },
    env: { REGION: "eu" },
    secrets: ["TOKEN", "KEY"],
    ...(maybe(0.5) && { timeout: one(durations) }),
    ...(maybe(0.3) && { tags: ["b", "a"], description: "prose with ${{ anything }}" }),
    ...(maybe(0.3) && { concurrency: { key: "${{ inputs.day }}", on_conflict: "reject" } }),
    ...(maybe(0.3) && { schedule: [{ cron: "0 3 * * mon-fri", timezone: "Europe/Berlin" }] }),
    ...(maybe(0.3) && { triggers: [{ type: "webhook", if: "trigger.body.a == 1" }] }),
    tasks: section("tasks", 8),
    ...(maybe(0.4) && { on_failure: section("on_failure", 3) }),
    ...(maybe(0.4) && { finally: section("finally", 3) }),
    ...(maybe(0.3) && { outputs: { status: "${{ tasks.tasks_0.status }}" } }),
  }
}
