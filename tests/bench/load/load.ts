import { join } from "node:path"
import type { Driven, Load } from "./drive.ts"

export type Loaded = Driven & { readonly by: string }

const ended = async (words: string[]): Promise<string> => {
  const child = Bun.spawn(words, { stdin: "ignore", stdout: "pipe", stderr: "inherit" })
  const text = await new Response(child.stdout).text()
  const code = await child.exited
  if (code !== 0) throw new Error(`${words[0]} ended with ${code}: ${text}`)
  return text.trim().split("\n").at(-1) ?? ""
}

const wrkWords = (wrk: string, load: Load): string[] => [
  ...[wrk, "--threads", "1", "--connections", String(load.concurrency), "--duration", `${load.seconds}s`],
  ...["--timeout", "30s", "--script", join(import.meta.dir, "request.lua"), `${load.url}${load.path}`],
  ...["--", load.token, load.body],
]

/** `wrk` where it is installed and can do it, else our own generator; says which. */
export const applyLoad = async (load: Load): Promise<Loaded> => {
  const wrk = load.follow === true ? null : Bun.which("wrk")
  const words =
    wrk === null
      ? [process.execPath, join(import.meta.dir, "main.ts"), JSON.stringify(load)]
      : wrkWords(wrk, load)
  const driven = JSON.parse(await ended(words)) as Driven
  if (driven.failed > 0) throw new Error(`${driven.failed} of ${driven.n} requests to ${load.path} failed`)
  return { ...driven, by: wrk === null ? "own generator" : "wrk" }
}
