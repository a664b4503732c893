import { spawn } from "node:child_process"
import type { Io } from "./io.ts"

const openers: Readonly<Record<string, string>> = { darwin: "open", linux: "xdg-open" }

/**
 * Shows the address in this person's browser: the one that `BROWSER` names, or, at a terminal, the system's. Where there is none
 * nothing happens: the address is printed, too.
 */
export const openBrowser = (url: string, io: Pick<Io, "environment" | "note_is_tty">): void => {
  const opener = io.environment.BROWSER || (io.note_is_tty ? openers[process.platform] : undefined)
  if (opener === undefined) return
  const child = spawn(opener, [url], { stdio: "ignore", detached: true })
  child.on("error", () => undefined)
  child.unref()
}
