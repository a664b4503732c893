import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { shellScript } from "./shell.ts"

const shells = ["sh", "bash"].filter((shell) => spawnSync(shell, ["-c", ":"]).status === 0)

const runIn = (shell: string, run: string, x: unknown): string => {
  const { script, env } = shellScript(run, { inputs: { x } })
  const done = spawnSync(shell, ["-c", script], { env: { PATH: "/usr/bin:/bin", ...env }, encoding: "utf8" })
  return done.stdout + done.stderr
}

const trap = "/nonexistent/wf-shell-test"

const hostile = [
  "plain",
  "two  words * ?",
  `$(touch ${trap}; echo caught)`,
  "`echo caught`",
  "'; echo caught; '",
  '"; echo caught; "',
  "line one\nline two\nEOF\necho caught",
  "$HOME ${HOME} \\ \\n \\$x",
  "a}b)c{d(e#f",
  "-n",
  "é 🙂 \u0007",
  "",
]

/** Scripts that print the value between brackets, and what else they print. */
const places: [script: string, expected: (value: string) => string][] = [
  ["printf '[%s]' ${{ inputs.x }}", (value) => `[${value}]`],
  ["printf '[%s]' a${{ inputs.x }}b", (value) => `[a${value}b]`],
  ['printf "[%s]" "hello ${{ inputs.x }} \'there\'"', (value) => `[hello ${value} 'there']`],
  ["printf '[%s]' 'hello ${{ inputs.x }} \"there\" $HOME'", (value) => `[hello ${value} "there" $HOME]`],
  ["# don't\nprintf '[%s]' ${{ inputs.x }} # it's ${{ inputs.x }}\n", (value) => `[${value}]`],
  ["y=${{ inputs.x }}; printf '[%s]' \"$y\"", (value) => `[${value}]`],
  ["printf '[%s]' \"$(printf '%s.' ${{ inputs.x }})\"", (value) => `[${value}.]`],
  ["printf '[%s]' \"${NOPE:-${{ inputs.x }}}\"", (value) => `[${value}]`],
  ["printf '[%s]' \\\\${{ inputs.x }}", (value) => `[\\${value}]`],
  ["printf '[%s]' \\${{ inputs.x }}", (value) => `[\\${value}]`],
  ['printf \'[%s]\' "\\"${{ inputs.x }}\\""', (value) => `["${value}"]`],
  ["case ${{ inputs.x }} in *) printf '[%s]' \"${{ inputs.x }}\" ;; esac", (value) => `[${value}]`],
  ["cat <<EOF\n[${{ inputs.x }}]\nEOF\necho it\\'s", (value) => `[${value}]\nit's\n`],
  [
    "cat <<'EOF'\n[${{ inputs.x }}] $HOME `x` \\ \\\\ don't\nEOF\necho ok",
    (value) => `[${value}] $HOME \`x\` \\ \\\\ don't\nok\n`,
  ],
  ["cat <<-'A B' ; echo then\n\t[${{ inputs.x }}]\n\tA B\necho ok", (value) => `[${value}]\nthen\nok\n`],
  ["cat <<EOF\n$(printf '[%s]' ${{ inputs.x }}.)\nEOF\n", (value) => `[${value}.]\n`],
  [
    "(cat <<A; cat <<'B')\n[${{ inputs.x }}]\nA\n<${{ inputs.x }}>\nB\n",
    (value) => `[${value}]\n<${value}>\n`,
  ],
]

describe.each(shells)("in %s", (shell) => {
  test.each(places)("%p gives the value unchanged", (script, expected) => {
    for (const value of hostile) expect(runIn(shell, script, value)).toBe(expected(value))
    expect(existsSync(trap)).toBe(false)
  })

  test("backticks take a value too", () => {
    expect(runIn(shell, "printf '[%s]' \"`printf %s ${{ inputs.x }}`\"", "a  $(b)")).toBe("[a  $(b)]")
  })

  test("arithmetic takes whole numbers", () => {
    expect(runIn(shell, "echo $(( (${{ inputs.x }} + 1) * 2 )) ${{ inputs.x }}", 20)).toBe("42 20\n")
  })
})

test("arithmetic refuses anything but whole numbers, since some shells read text there as code", () => {
  const run = "echo $(( ${{ inputs.x }} ))"
  expect(() => shellScript(run, { inputs: { x: "a[$(touch x)]" } })).toThrow("only a whole number")
})

test("a value is in a variable, never in the script", () => {
  expect(
    shellScript("a ${{ inputs.x }} 'b ${{ inputs.x }}' \"${{ inputs.x }}\"", {
      inputs: { x: "$(rm -rf /)" },
    }),
  ).toEqual({
    script: 'a "${WF_EXPR_1}" \'b \'"${WF_EXPR_2}"\'\' "${WF_EXPR_3}"',
    env: { WF_EXPR_1: "$(rm -rf /)", WF_EXPR_2: "$(rm -rf /)", WF_EXPR_3: "$(rm -rf /)" },
  })
})

test("a value that no process could be given is refused", () => {
  expect(() => shellScript("${{ inputs.x }}", { inputs: { x: "a\0b" } })).toThrow("NUL")
  expect(() => shellScript("${{ inputs.x }}", { inputs: { x: "a".repeat(100_001) } })).toThrow(
    "pass it as a file",
  )
  expect(() => shellScript("cat <<${{ inputs.x }}\n", { inputs: { x: "a" } })).toThrow("end of a heredoc")
})
