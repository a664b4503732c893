import { worker_label } from "./arguments.ts"
import type { Tool } from "./tool.ts"

/** Removes the containers of a worker that is killed: they are children of others, and would go on. */
export type ContainerGuard = {
  /** From here on there may be containers of this tool. */
  watch(tool: Tool): void
  stop(): Promise<void>
}

/**
 * Told that all is over, it just ends. When the pipe closes without that, the worker was killed: the tool gets the
 * reaper's two seconds, and what it was about to make is found by the later looks.
 */
const script = `
IFS= read -r word && exit 0
for seconds in 2 3 5; do
  sleep $seconds
  left=$("$1" ps --all --quiet --filter "$2" 2>/dev/null)
  [ -z "$left" ] || "$1" rm --force $left >/dev/null 2>&1
done
exit 0
`

/** It has what the worker has in its environment: the tool needs it to find its own. */
const spawn = ({ path }: Tool, worker_id: string) =>
  Bun.spawn(["/bin/sh", "-c", script, "containers", path, `label=${worker_label}=${worker_id}`], {
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
    // A Ctrl-C at the terminal goes to the whole foreground group; this one has to live longer.
    detached: true,
  })

/** Nothing is started before there is a container. */
export const guardContainers = (worker_id: string): ContainerGuard => {
  const guards = new Map<string, ReturnType<typeof spawn>>()
  return {
    watch(tool) {
      const known = guards.get(tool.path)
      if (known === undefined || known.exitCode !== null) guards.set(tool.path, spawn(tool, worker_id))
    },
    async stop() {
      for (const guard of guards.values()) {
        guard.stdin.write("over\n")
        await guard.stdin.end()
        await guard.exited
      }
      guards.clear()
    },
  }
}
