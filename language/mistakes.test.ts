import { expect, test } from "bun:test"
import { parseWorkflow } from "./parse.ts"

/** As `wf validate flow.yml` prints it. */
const told = (lines: readonly string[]): string[] => {
  const parsed = parseWorkflow(lines.join("\n"), { file: "flow.yml" })
  if (parsed.ok) return ["(valid)"]
  return parsed.errors.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
}

type Mistake = readonly [what: string, file: readonly string[], told: readonly string[]]

const mistakes: readonly Mistake[] = [
  [
    "1. a key spelled wrong, and one of another tool",
    ["name: flow", "tasks:", "  a: { run: echo }", "  b:", "    need: [a]", "    command: echo"],
    [
      "flow.yml:4:3: a task needs `run` or `uses`",
      "flow.yml:5:5: unknown key `need`; did you mean `needs`?",
      "flow.yml:6:5: unknown key `command`; it is called `run` here",
    ],
  ],
  [
    "2. tasks in a circle",
    [
      "name: flow",
      "tasks:",
      "  fetch: { run: echo, needs: [report] }",
      "  clean: { run: echo, needs: [fetch] }",
      "  report: { run: echo, needs: [clean] }",
    ],
    ["flow.yml:4:31: tasks need each other: fetch → report → clean → fetch"],
  ],
  [
    "3. a tab",
    ["name: flow", "tasks:", "  a:", "\trun: echo"],
    ["flow.yml:4:1: a tab can't indent in YAML: use spaces"],
  ],
  [
    "4. what YAML reads as something else: yes, numbers in quotes, and without them",
    [
      "name: flow",
      "tasks:",
      "  a:",
      "    run: echo",
      "    continue_on_error: yes",
      '    retries: { max_retries: "3" }',
      "    env: { PYTHON: 3.10, ID: 12345678901234567890 }",
    ],
    [
      "flow.yml:5:24: must be true or false, not text: `yes` is text in YAML 1.2, write `true` or `false`",
      "flow.yml:6:29: must be a number, not text: leave out the quotes",
      "flow.yml:7:20: `3.10` is read as the number 3.1: put it in quotes",
      "flow.yml:7:30: `12345678901234567890` has more digits than a number keeps: put it in quotes",
    ],
  ],
  [
    "5. an expression without quotes in { }",
    ["name: flow", "tasks:", "  a: { uses: http, with: { url: ${{ inputs.url }} } }"],
    ["flow.yml:3:34: this is no valid YAML: within { } and [ ], a value with `${{` must be in quotes"],
  ],
  [
    "6. outputs of a task that may not have ended, and names that don't exist",
    [
      "name: flow",
      "inputs: { day: { type: string } }",
      "tasks:",
      "  a: { run: echo, outputs: [rows] }",
      "  b:",
      "    run: |",
      "      echo ${{ tasks.a.outputs.rows }}",
      "  c:",
      "    needs: [a]",
      "    run: echo ${{ tasks.a.outputs.row }} ${{ inputs.date }} ${{ inputs.dya }} ${{ task.a.status }}",
    ],
    [
      "flow.yml:7:16: task `b` reads `a` without needing it: add `a` to its `needs`",
      "flow.yml:10:19: unknown output of `a` `row`; did you mean `rows`?",
      "flow.yml:10:46: unknown input `date`",
      "flow.yml:10:65: unknown input `dya`; did you mean `day`?",
      "flow.yml:10:83: unknown name `task`; did you mean `tasks`?",
    ],
  ],
  [
    "7. functions and types",
    [
      "name: flow",
      "inputs:",
      "  day: { type: string, required: true }",
      "  count: { type: integer, default: 3 }",
      "tasks:",
      "  a:",
      "    if: inputs.count",
      "    run: echo ${{ inputs.day + 1 }} ${{ tody() }} ${{ today(1) }} ${{ inputs.day.trim }}",
    ],
    [
      "flow.yml:7:9: `if` needs true or false, and this is a whole number",
      "flow.yml:8:19: no such overload: string + int; convert one with string(…), int(…) or double(…)",
      "flow.yml:8:41: unknown function `tody`; did you mean `today`?",
      "flow.yml:8:55: found no matching overload for 'today(int)'; there is `today(): string`, `today(string): string`",
      "flow.yml:8:82: text has no fields",
    ],
  ],
  [
    "8. a secret that nobody declared",
    [
      "name: flow",
      "secrets: [API_TOKEN]",
      "tasks:",
      "  a: { run: 'curl -H ${{ secrets.API_TOKEN }} …' }",
      "  b: { run: echo, secrets: [API_TOKN] }",
      "  c: { uses: http, secrets: [API_TOKEN], with: { url: 'https://example.test', auth: { bearer: '${{ secrets.API_TOKN }}' } } }",
    ],
    [
      "flow.yml:4:26: the task isn't given the secret `API_TOKEN`: add it to the task's `secrets`",
      "flow.yml:5:29: the secret `API_TOKN` isn't declared: add it to the workflow's `secrets`; did you mean `API_TOKEN`?",
      "flow.yml:6:100: the task isn't given the secret `API_TOKN`: add it to the task's `secrets`; did you mean `API_TOKEN`?",
    ],
  ],
  [
    "9. a schedule that never fires, in a zone that doesn't exist, without what it needs",
    [
      "name: flow",
      "inputs: { day: { type: string, required: true } }",
      "schedule:",
      "  - { cron: 0 25 * * *, timezone: Europe/Berln, inputs: { day: mon } }",
      "  - { cron: 0 0 30 2 * }",
      "tasks:",
      "  a: { run: echo }",
    ],
    [
      "flow.yml:4:13: this is no cron expression: the hour: `25` is not within 0 to 23",
      "flow.yml:4:35: unknown time zone `Europe/Berln`: use a name like Europe/Berlin or UTC; did you mean `Europe/Berlin`?",
      "flow.yml:5:5: the required input `day` isn't given: add it to `inputs` here, or a default",
      "flow.yml:5:13: this is no cron expression: it never fires: no such month has a day 30",
    ],
  ],
  [
    "10. items where there are none, and settings that would mean nothing",
    [
      "name: flow",
      "tasks:",
      "  a: { run: 'echo ${{ item }}', max_parallel: 3 }",
      "  b: { run: 'echo ${{ matrix.systm }}', matrix: { system: [linux, mac] } }",
      "  c: { uses: approval, queue: slow, timeout: 1h, with: { role: [admin] } }",
      "  d: { uses: htpp, with: { url: x } }",
      "  e: { needs: a, run: echo }",
    ],
    [
      "flow.yml:3:23: `item` is known only in `run`, `with`, `env` and `cache` of a task with `for_each` or `matrix`",
      "flow.yml:3:33: `max_parallel` belongs to `for_each` or `matrix`",
      "flow.yml:4:23: unknown axis of the matrix `systm`; did you mean `system`?",
      "flow.yml:5:24: `queue` means nothing for `uses: approval`, which no worker runs",
      "flow.yml:5:37: `timeout` means nothing for `uses: approval`, which no worker runs: put it in `with`",
      "flow.yml:5:56: name who may decide: `roles` or `people`",
      "flow.yml:5:58: unknown key `role`; did you mean `roles`?",
      "flow.yml:6:14: unknown task type `htpp`; did you mean `http`?",
      "flow.yml:7:15: must be a list, not text: write `needs: [a]`",
    ],
  ],
  [
    "11. functions that ask for what they don't get, and labels that are none",
    [
      "name: flow",
      "secrets: [KEY]",
      "tasks:",
      "  a: { uses: function, secrets: [KEY], artifacts: [x], with: { name: greet, input: '${{ secrets.KEY }}' } }",
      "  b: { uses: sleep, with: { duration: 1s }, labels: { zone: a } }",
      '  c: { run: echo, labels: { "a b": c } }',
      "  d: { uses: function, with: { input: 1 } }",
    ],
    [
      "flow.yml:4:40: a function has no folder to keep files of: it uploads them with the client",
      "flow.yml:4:89: `secrets` can be read only in `run`, `with` and `env` of a task, whose `secrets` name them; a function gets its own from its worker",
      "flow.yml:5:45: `labels` means nothing for `uses: sleep`, which no worker runs",
      "flow.yml:6:29: a label's name and value are 1 to 63 of A-Z, a-z, 0-9 and _.-",
      "flow.yml:7:24: `name` is missing: it must be text",
    ],
  ],
  [
    "13. secrets where everybody would see them: no worker runs these",
    [
      "name: flow",
      "secrets: [KEY]",
      "tasks:",
      "  a: { uses: approval, with: { roles: [owner], message: 'It is ${{ secrets.KEY }}' } }",
      "  b: { uses: sleep, secrets: [KEY], with: { duration: '${{ secrets.KEY }}' } }",
      "  c: { uses: workflow, with: { name: other, inputs: { of: '${{ secrets.KEY }}' } } }",
    ],
    [
      "flow.yml:4:68: `secrets` can't be read here: no worker runs this task, and whoever sees the run sees what it is given",
      "flow.yml:5:21: `secrets` means nothing for `uses: sleep`, which no worker runs",
      "flow.yml:5:60: `secrets` can't be read here: no worker runs this task, and whoever sees the run sees what it is given",
      "flow.yml:6:64: `secrets` can't be read here: no worker runs this task, and whoever sees the run sees what it is given",
    ],
  ],
  [
    "12. settings of workers on a task that runs another workflow",
    [
      "name: flow",
      "tasks:",
      "  a: { uses: workflow, with: { name: other }, cache: { key: k } }",
      "  b: { uses: workflow, with: { name: other }, labels: { zone: a }, on_worker_lost: fail }",
      "  c: { uses: workflow, with: { name: other, wait: false }, timeout: 1h }",
    ],
    [
      "flow.yml:3:47: `cache` means nothing for `uses: workflow`, which no worker runs",
      "flow.yml:4:47: `labels` means nothing for `uses: workflow`, which no worker runs",
      "flow.yml:4:68: `on_worker_lost` means nothing for `uses: workflow`, which no worker runs",
      "flow.yml:5:60: `timeout` means nothing for `uses: workflow`, which no worker runs",
    ],
  ],
  [
    "13. a word where there is more to say",
    [
      "name: flow",
      "inputs: { day: string }",
      'schedule: "0 6 * * *"',
      "tasks:",
      "  a: echo hi",
      "  b: { run: echo, timeout: 10, retries: 3, limits: { memory: 512 } }",
      "  c: { run: echo, if: inputs.day = 1 }",
      "  d: { run: echo, if: failure() }",
    ],
    [
      "flow.yml:2:16: must be a mapping of names to values, not text: write `day: { type: string }`",
      'flow.yml:3:11: must be a list, not text: write `schedule: [{ cron: "0 6 * * *" }]`',
      "flow.yml:5:6: must be a mapping of names to values, not text: write `a: { run: echo hi }`",
      "flow.yml:6:28: must be text, not the number 10: write `10s` for seconds",
      "flow.yml:6:41: must be a mapping of names to values, not the number 3: write `retries: { max_retries: 3 }`",
      "flow.yml:6:62: must be text, not the number 512: write `512MiB`",
      "flow.yml:7:34: this is no valid expression: Unexpected character: =; `==` compares",
      "flow.yml:8:23: unknown function `failure`; a task has `when: failure` for that",
    ],
  ],
  [
    "14. tasks in a list",
    ["name: flow", "tasks:", "  - { run: echo }"],
    [
      "flow.yml:3:3: must be a mapping of names to values, not a list: write each as `NAME: { run: … }`, without `- `",
    ],
  ],
]

test.each(mistakes)("%s", (_, file, expected) => expect(told(file)).toEqual([...expected]))
