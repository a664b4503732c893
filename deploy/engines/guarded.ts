import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import type { Address, Running } from "./engine.ts"

type Guarded<Where extends Address> = {
  readonly name: string
  readonly words: readonly string[]
  readonly folder: string
  readonly address: Where
  readonly ports: readonly number[]
  /** Talks to the engine over its port; throws or answers false while it isn't ready. */
  readonly ready: () => Promise<boolean>
  readonly ready_ms: number
  readonly signal?: "TERM" | "INT"
  readonly grace_s?: number
  /** In place of our own. */
  readonly environment?: Readonly<Record<string, string>>
  /** Whom it runs as, where that isn't who we are. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
}

// As text, since whom it runs as may have no way to the file.
const guard = Bun.file(join(import.meta.dir, "guard.sh"))

/** Starts a process that ends with us, even when we are killed, and waits until it answers. */
export const startGuarded = async <Where extends Address>(
  options: Guarded<Where>,
): Promise<Running<Where>> => {
  const { name, words, folder, signal = "TERM", grace_s = 10 } = options
  await mkdir(folder, { recursive: true })
  const log = join(folder, `${name}.log`)
  const shell = Bun.spawn(
    ["/bin/sh", "-c", await guard.text(), "guard.sh", signal, String(grace_s), log, ...words],
    {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
      cwd: folder,
      // A session of its own, so that Ctrl-C in a terminal reaches us alone and we end it in order.
      detached: true,
      ...(options.environment && { env: options.environment }),
      ...options.user,
    },
  )
  const pid = await firstNumber(shell.stdout)
  const stop = async () => {
    await shell.stdin.end()
    await shell.exited
  }
  try {
    await untilReady(options, shell.exited, log)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    address: options.address,
    ports: options.ports,
    pid,
    exited: shell.exited,
    stop,
    async kill() {
      if (shell.exitCode === null) process.kill(pid, "SIGKILL")
      await shell.exited
    },
  }
}

const firstNumber = async (stream: ReadableStream<Uint8Array>): Promise<number> => {
  let text = ""
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes("\n")) break
  }
  return Number(text.trim())
}

const untilReady = async (
  { name, ready, ready_ms }: Pick<Guarded<Address>, "name" | "ready" | "ready_ms">,
  exited: Promise<number>,
  log: string,
) => {
  const deadline = performance.now() + ready_ms
  let over: number | undefined
  void exited.then((code) => {
    over = code
  })
  while (!(await ready().catch(() => false))) {
    if (over !== undefined) throw new Error(`${name} ended with ${over}:\n${await endOf(log)}`)
    if (performance.now() > deadline)
      throw new Error(`${name} doesn't answer after ${ready_ms} ms:\n${await endOf(log)}`)
    await wait(50)
  }
}

const endOf = async (log: string): Promise<string> => {
  const text = await Bun.file(log)
    .text()
    .catch(() => "")
  return text.trimEnd().split("\n").slice(-20).join("\n")
}
