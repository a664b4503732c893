/** A program that runs containers, and answers. */
export type Tool = { readonly name: "docker" | "podman"; readonly path: string }

export type Found =
  | { readonly ok: true; readonly tool: Tool }
  | { readonly ok: false; readonly reason: string }

export type Wanted = "auto" | "docker" | "podman" | "off"

const answer_ms = 10_000
const max_said_chars = 300

/** A daemon may be started after the worker: what was not there is looked for again after this long. */
const again_ms = 30_000

const usable = async (name: Tool["name"]): Promise<Found> => {
  const path = Bun.which(name)
  if (path === null) return { ok: false, reason: `${name} is not installed` }
  const format = name === "docker" ? "{{.Server.Version}}" : "{{.Client.Version}}"
  const child = Bun.spawn([path, "version", "--format", format], {
    ...{ stdin: "ignore", stdout: "ignore", stderr: "pipe", timeout: answer_ms },
  })
  const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  if (code === 0) return { ok: true, tool: { name, path } }
  const hint = said.trim().slice(0, max_said_chars) || `exit code ${code}`
  return { ok: false, reason: `${name} is installed but doesn't work: ${hint}` }
}

const find = async (wanted: Wanted): Promise<Found> => {
  if (wanted === "off") return { ok: false, reason: "WF_WORKER_CONTAINERS is off" }
  if (wanted !== "auto") return usable(wanted)
  const docker = await usable("docker")
  if (docker.ok) return docker
  const podman = await usable("podman")
  return podman.ok ? podman : { ok: false, reason: `${docker.reason}; ${podman.reason}` }
}

/** Docker or podman, whichever is there and works. */
export const findTool = (wanted: Wanted): (() => Promise<Found>) => {
  let found: Promise<Found> | undefined
  let looked_ms = 0
  return async () => {
    const known = await found
    if (known?.ok === true || (known && performance.now() - looked_ms < again_ms)) return known
    looked_ms = performance.now()
    found = find(wanted)
    return found
  }
}

const call_ms = 60_000

/** Asks the tool for something beside the task; answers what it said, and nothing when it refuses. */
export const ask = async ({ path }: Tool, words: readonly string[]): Promise<string> => {
  const child = Bun.spawn([path, ...words], {
    ...{ stdin: "ignore", stdout: "pipe", stderr: "ignore", timeout: call_ms },
  })
  const [said, code] = await Promise.all([new Response(child.stdout).text(), child.exited])
  return code === 0 ? said.trim() : ""
}
