import { existsSync } from "node:fs"
import { join } from "node:path"
import { ask, type Tool } from "./tool.ts"

/** What the tool knows of a container whose work is over. */
export type Ending = {
  /** Otherwise it is the tool that failed, and the exit code is the tool's own. */
  readonly was_started: boolean
  readonly out_of_memory: boolean
}

const format = "{{.State.OOMKilled}} {{.State.StartedAt}}"
const never = "0001-01-01"

/** Podman's monitor may leave the sign of a lack of memory where the tool was called, and podman not find it there. */
const memory_sign = "oom"

type Called = { readonly name: string; readonly folder: string }

export const endingOf = async (tool: Tool, { name, folder }: Called): Promise<Ending> => {
  const [killed = "", ...started] = (await ask(tool, ["inspect", "--format", format, name])).split(" ")
  const started_at = started.join(" ")
  return {
    was_started: started_at !== "" && !started_at.startsWith(never),
    out_of_memory: killed === "true" || existsSync(join(folder, memory_sign)),
  }
}

/** As docker, podman and the registries put it that there is no such image, or none for who asks. */
const missing_image =
  /no such image|image not known|manifest unknown|manifest for \S+ not found|name unknown|repository name not known|repository does not exist|pull access denied|requested access to the resource is denied|did not resolve to an alias/i

export const isImageMissing = (said: string): boolean => missing_image.test(said)
