import { spawn } from "node:child_process"
import type { Io } from "./io.ts"

const usual = "less"

/** Ends by itself where all of it fits on the screen, leaves what was read there, and shows colours. */
const less_options = "FRX"

const finished = (command: string, text: string, io: Io): Promise<boolean> =>
  new Promise((resolve) => {
    const env = { LESS: less_options, ...io.environment }
    const child = spawn("/bin/sh", ["-c", command], { stdio: ["pipe", "inherit", "inherit"], env })
    child.on("error", () => resolve(false))
    // 127: there is no such program.
    child.on("exit", (code) => resolve(code !== 127 && code !== 126))
    // Who stops reading in the middle has read enough.
    child.stdin.on("error", () => undefined)
    child.stdin.end(`${text}\n`)
  })

/** Text of more than a screen: through a pager for a person, as it is for a pipe. */
export const printPaged = async (text: string, io: Io): Promise<void> => {
  const { WF_PAGER, PAGER } = io.environment
  const command = WF_PAGER ?? PAGER ?? usual
  const wants = io.takes_keys && command !== "" && command !== "cat"
  const fits = text.split("\n").length < io.rows
  if (!wants || fits || !(await finished(`${command} 2>/dev/null`, text, io))) io.out(text)
}
