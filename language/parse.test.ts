import { describe, expect, test } from "bun:test"
import { checkDefinition } from "./check.ts"
import { limits } from "./limits.ts"
import { parseWorkflow } from "./parse.ts"

const problems = (text: string): string[] => {
  const parsed = parseWorkflow(text)
  if (parsed.ok) return []
  return parsed.errors.map(({ line, column, message }) => `${line}:${column}: ${message}`)
}

const one = (task: string): string => `name: flow\ntasks:\n  a:\n${task.replaceAll(/^/gm, "    ")}\n`

describe("a workflow file", () => {
  test("is read when it is right", () => {
    const parsed = parseWorkflow("name: flow\ntasks:\n  a: { run: echo hello }\n")
    expect(parsed).toEqual({ ok: true, definition: { name: "flow", tasks: { a: { run: "echo hello" } } } })
  })

  test("may be JSON", () => {
    expect(parseWorkflow('{"name":"flow","tasks":{"a":{"uses":"noop"}}}').ok).toBe(true)
  })

  test("has all its problems named at once, each in its place and with what was meant", () => {
    const text = [
      "name: x y",
      "inputs:",
      "  day: { type: strng }",
      "tasks:",
      '  "a b":',
      "    need: [c]",
      "  a:",
      "    run: echo ${{ inputs.dya }}",
      "    needs: [c, a, bb]",
      "  b:",
      "    uses: shel",
      "    needs: [a]",
      "  c:",
      "    uses: http",
      "    needs: [b]",
      "    timeout: 5",
    ].join("\n")
    expect(problems(text)).toEqual([
      "1:7: a workflow's name is 1 to 100 of A-Z, a-z, 0-9, _ and -, beginning with a letter",
      "3:16: must be one of `string`, `integer`, `number`, `boolean`, `object`, `array`; did you mean `string`?",
      "5:3: a task's name is 1 to 100 of A-Z, a-z, 0-9, _ and -, beginning with a letter",
      "5:3: a task needs `run` or `uses`",
      "6:5: unknown key `need`; did you mean `needs`?",
      "8:19: unknown input `dya`; did you mean `day`?",
      "9:16: task `a` needs itself",
      "9:19: needs the unknown task `bb`; did you mean `b`?",
      "11:11: unknown task type `shel`; did you mean `shell`?",
      "12:13: tasks need each other: a → c → b → a",
      "13:3: `url` is missing: it must be text",
      "16:14: must be text, not the number 5: write `5s` for seconds",
    ])
  })

  test("carries its name into the errors", () => {
    const parsed = parseWorkflow("name: flow\n", { file: "flow.yml" })
    expect(parsed.ok ? [] : parsed.errors).toEqual([
      {
        message: "`tasks` is missing: it must be a mapping of names to values",
        path: "tasks",
        line: 1,
        column: 1,
        file: "flow.yml",
      },
    ])
  })

  test("names the line of malformed YAML", () => {
    expect(problems("name: [a\ntasks: {}\n")[0]).toStartWith("2:1: this is no valid YAML: ")
  })

  test("refuses a key that is there twice", () => {
    expect(problems("name: a\nname: b\n")).toEqual(["2:1: this key is there twice"])
  })

  test("refuses several documents", () => {
    expect(problems("name: a\n---\nname: b\n")).toEqual([
      "2:1: a file holds one workflow, not several documents",
    ])
  })

  test.each([
    ["", "1:1: the file is empty"],
    ["[]", "1:1: must be a mapping of names to values, not a list"],
  ])("refuses %p", (text, message) => expect(problems(text)).toContain(message))
})

describe("a hostile file", () => {
  test("with an alias bomb is refused", () => {
    let text = "a: &a0 [x,x,x,x,x,x,x,x,x]\n"
    for (let level = 1; level < 9; level++) text += `b${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]\n`
    expect(problems(text)).toEqual(["1:1: its aliases stand for too much: there are at most 100"])
  })

  test.each(["[", "{a: ", "- ", "? "])("nested by %p without end is refused", (piece) => {
    expect(problems(piece.repeat(100_000))).toEqual([`1:1: nested deeper than ${limits.max_depth}`])
  })

  test("with __proto__ keys changes no prototype and is refused", () => {
    const text = "name: flow\n__proto__: { x: 1 }\ntasks:\n  a: { run: echo }\n  __proto__: { run: echo }\n"
    expect(problems(text)).toEqual([
      "2:1: the key `__proto__` is refused",
      "5:3: the key `__proto__` is refused",
    ])
  })

  test("with reserved names is refused", () => {
    expect(problems("name: flow\ntasks:\n  constructor: { run: echo }\n")).toEqual([
      "3:3: this name is reserved",
    ])
  })

  test("with a NUL, half a surrogate pair or too many bytes is refused", () => {
    expect(problems("name: a\0")[0]).toContain("NUL")
    expect(problems('name: "\\0"')[0]).toContain("NUL")
    expect(problems('name: "\\ud800"')[0]).toContain("surrogate")
    expect(problems("#".repeat(limits.max_definition_bytes + 1))[0]).toContain("1048576 bytes")
    expect(problems("é".repeat(limits.max_definition_bytes / 2 + 1))[0]).toContain("1048576 bytes")
  })
})

describe("a task", () => {
  test.each([
    ["run: echo\nuses: shell", "a task has `run` or `uses`, not both"],
    ["run: ''", "the script is empty"],
    ["run:", "must be text, not empty"],
    ["run: echo\nwith: { x: 1 }", "`with` belongs to `uses`, not to `run`"],
    ["uses: shell", "`run` is missing: it must be text"],
    ["uses: shell\nwith: { run: echo, shel: bash }", "unknown key `shel`"],
    ["run: echo\ntimeout: soon", "a duration is written like 500ms, 10s, 10m or 1h30m"],
    ["run: echo\ntimeout: 31d", "a duration is at most 30d"],
    ["run: echo\ntimeout: 0s", "a timeout is longer than 0s"],
    ["run: echo\nretries: { max_retries: 101 }", "must be at most 100"],
    ["run: echo\nretries: { max_retrys: 1 }", "unknown key `max_retrys`; did you mean `max_retries`?"],
    ["run: echo\nwhen: failed", "must be one of `success`, `failure`, `always`; did you mean `failure`?"],
    [
      "run: echo\nwhen: failure",
      "`when: failure` without `needs` would never run: name the tasks it watches",
    ],
    ["run: echo\nfor_each: 3", "must be a list of 1 to 10000 values, or one expression"],
    ["run: echo\nartifacts: [../secret]", "without `..`, backslashes or a leading slash"],
    ["run: echo\nartifacts: ['${{ run.id }}']", "expressions are not evaluated here"],
    ["run: echo\nfetch: [a.csv]", "`fetch` without `needs` would find nothing: name the tasks"],
    ["run: echo\nfetch: [/etc/passwd]", "what is fetched is an artifact's name, or a pattern"],
    ["run: echo\nfetch: [out/../../secret]", "without `..`, backslashes or a leading slash"],
    ["run: echo\nfetch: ['${{ run.id }}']", "expressions are not evaluated here"],
    [`run: echo\nfetch: [${"a.csv, ".repeat(101)}]`, "a task has at most 100 patterns of files to fetch"],
    ["run: echo\ndownload: [a.csv]", "it is called `fetch` here"],
    ["uses: http\nfetch: [a.csv]", "`uses: http` has no folder to put files into"],
    ["uses: function\nfetch: [a.csv]", "has no folder to put files into: it downloads them with the client"],
    ["uses: approval\nfetch: [a.csv]", "`fetch` means nothing for `uses: approval`, which no worker runs"],
    ["run: echo\nenv: { WF_TOKEN: x }", "names that begin with WF_ belong to the platform"],
    ["run: echo\nenv: { A: [] }", "a variable is text, a number or true/false"],
  ])("%p is refused", (task, message) => {
    expect(problems(one(task)).join("\n")).toContain(message)
  })

  test.each([
    ["echo ${{ inputs.x", "`${{` is never closed by `}}`"],
    ["echo ${{ 1 + }}", "this is no valid expression: Unexpected token: EOF"],
    ["echo ${{ }}", "this is no valid expression: the expression is empty"],
    ["echo ${{ 1 + 'a' }}", "no such overload: int + string"],
    ["echo ${{ nothing.x }}", "unknown name `nothing`"],
    ["echo ${{ run.idd }}", "unknown field of run `idd`; did you mean `id`?"],
    ["echo ${{ env.NOPE }}", "unknown variable `NOPE`"],
    ["echo ${{ secrets.TOKEN }}", "the task isn't given the secret `TOKEN`: add it to the task's `secrets`"],
    ["echo ${{ tasks.a.status }}", "task `a` reads itself"],
    ["echo ${{ tasks.z.status }}", "unknown task `z`"],
    ["echo ${{ 'x'.matches('(a+)+$') }}", "`matches` is not available"],
    [`echo \${{ '${"x".repeat(5_000)}' }}`, "an expression has at most 4096 bytes"],
  ])("with the expression %p is refused", (run, message) => {
    expect(problems(one(`run: ${JSON.stringify(run)}`)).join("\n")).toContain(message)
  })

  test("may read only what has ended before it", () => {
    const text = [
      "name: flow",
      "tasks:",
      "  a: { run: echo, outputs: [rows] }",
      "  b: { run: echo, needs: [a] }",
      "  c: { run: 'echo ${{ tasks.a.outputs.rows }} ${{ tasks.a.outputs.row }}', needs: [b] }",
      "  d:",
      "    run: |",
      "      echo start",
      "      echo ${{ tasks.a.outputs.rows }}",
      "  build-it: { run: echo }",
      "  e: { run: 'echo ${{ tasks.build-it.status }}', needs: [build-it] }",
    ].join("\n")
    expect(problems(text)).toEqual([
      "5:51: unknown output of `a` `row`; did you mean `rows`?",
      "9:16: task `d` reads `a` without needing it: add `a` to its `needs`",
      '11:23: unknown task `build`; a name with a dash is written tasks["build-it"]',
      "11:35: unknown name `it`",
    ])
  })
})

describe("an object from elsewhere", () => {
  test("is checked by the same rules, with paths", () => {
    const checked = checkDefinition({
      name: "flow",
      tasks: { a: { run: "echo", need: [] }, "b c": { uses: "noop" } },
    })
    expect(checked).toEqual({
      ok: false,
      errors: [
        { path: "tasks.a.need", message: "unknown key `need`; did you mean `needs`?", suggestion: "needs" },
        { path: 'tasks["b c"]', message: expect.stringContaining("a task's name is") },
      ],
    })
  })

  test("that is nested ten thousand deep is refused", () => {
    let value: unknown = 1
    for (let level = 0; level < 10_000; level++) value = [value]
    const checked = checkDefinition({ name: "flow", tasks: value })
    expect(checked.ok ? [] : checked.errors[0]?.message).toBe("nested deeper than 32")
  })

  test("with an own __proto__ is refused", () => {
    const value: unknown = JSON.parse(
      '{"name":"flow","tasks":{"a":{"run":"x","env":{"__proto__":{"admin":true}}}}}',
    )
    const checked = checkDefinition(value)
    expect(checked.ok ? [] : checked.errors[0]?.path).toBe("tasks.a.env.__proto__")
  })

  test("with inputs that contradict themselves is refused", () => {
    const inputs = {
      n: { type: "integer", default: "1" },
      s: { type: "string", enum: ["a", 2], default: "b" },
    }
    const checked = checkDefinition({ name: "flow", inputs, tasks: { a: { uses: "noop" } } })
    expect(checked.ok ? [] : checked.errors.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      "inputs.n.default: must be a whole number",
      "inputs.s.enum[1]: must be text",
      "inputs.s.default: must be one of `a`, `2`",
    ])
  })

  test("with more tasks than allowed is refused", () => {
    const tasks = Object.fromEntries(
      Array.from({ length: 5_001 }, (_, index) => [`t${index}`, { uses: "noop" }]),
    )
    const checked = checkDefinition({ name: "flow", tasks })
    expect(checked).toEqual({
      ok: false,
      errors: [{ path: "tasks", message: "5001 tasks; a workflow has at most 5000" }],
    })
  })
})

describe("concurrency", () => {
  const flow = (concurrency: string) =>
    problems(
      `name: flow\ninputs:\n  to: { type: string }\nconcurrency: ${concurrency}\ntasks:\n  a: { uses: noop }\n`,
    )

  test("may read inputs and the run", () => {
    expect(flow("{ key: prod }")).toEqual([])
    expect(
      flow('{ key: "${{ inputs.to }}-${{ run.workflow }}", limit: 3, on_conflict: cancel_running }'),
    ).toEqual([])
  })

  test.each([
    ["{}", "key"],
    ['{ key: "" }', "at least one character"],
    [`{ key: ${"k".repeat(256)} }`, "at most 255"],
    ["{ key: a, limit: 0 }", "at least 1"],
    ["{ key: a, limit: -1 }", "at least 1"],
    ["{ key: a, limit: 1.5 }", "whole number"],
    ["{ key: a, limit: 1000000000 }", "at most 1000000"],
    ["{ key: a, on_conflict: ignore }", "one of `queue`"],
    ['{ key: "${{ inputs.too }}" }', "unknown input `too`"],
    ['{ key: "${{ env.A }}" }', "unknown variable `A`"],
    ['{ key: "${{ tasks.a.status }}" }', "no task has run yet"],
    ['{ key: "${{ 1 + }}" }', "no valid expression"],
  ])("is refused as %s", (concurrency, word) => {
    expect(flow(concurrency).join()).toContain(word)
  })
})
