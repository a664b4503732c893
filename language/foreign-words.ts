/** What other tools call it, and what it is called here. */
const words: Readonly<Record<string, string>> = {
  jobs: "tasks",
  steps: "tasks",
  stages: "tasks",
  on: "triggers",
  trigger: "triggers",
  cron: "schedule",
  schedules: "schedule",
  depends_on: "needs",
  dependson: "needs",
  depends: "needs",
  dependencies: "needs",
  after: "needs",
  script: "run",
  command: "run",
  cmd: "run",
  bash: "run",
  shell: "run",
  type: "uses",
  executor: "uses",
  environment: "env",
  variables: "env",
  vars: "env",
  params: "inputs",
  parameters: "inputs",
  args: "with",
  config: "with",
  retry: "retries",
  max_attempts: "max_retries",
  attempts: "max_retries",
  max_tries: "max_retries",
  backoff: "factor",
  condition: "if",
  only_if: "if",
  foreach: "for_each",
  loop: "for_each",
  with_items: "for_each",
  parallelism: "max_parallel",
  concurrency: "max_parallel",
  "allow-failure": "continue_on_error",
  allow_failure: "continue_on_error",
  "timeout-minutes": "timeout",
  timeout_minutes: "timeout",
  timeout_seconds: "timeout",
  time_zone: "timezone",
  tz: "timezone",
  catchup: "catch_up",
  always: "finally",
  after_all: "finally",
  output: "outputs",
  artifact: "artifacts",
  download: "fetch",
  downloads: "fetch",
  secret: "secrets",
}

/** For a key of another tool: what it is here, if that can stand in its place. */
export const foreignWords = (key: string, known: readonly string[]): string | undefined => {
  if (key === "<<") {
    return "merge keys are not part of YAML 1.2: use an alias for a whole value, or write the keys out"
  }
  const lower = key.toLowerCase()
  const meant = Object.hasOwn(words, lower) ? words[lower] : undefined
  return meant !== undefined && known.includes(meant) ? `it is called \`${meant}\` here` : undefined
}
