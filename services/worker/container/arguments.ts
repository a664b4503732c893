import type { ProcessLimits } from "../process/limits.ts"
import { ownLimits } from "./own-limits.ts"
import type { Tool } from "./tool.ts"

export type Container = {
  readonly name: string
  readonly worker_id: string
  readonly image: string
  /** By the image's sh; otherwise `command`, or the image's own. */
  readonly script: string | undefined
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly (readonly [source: string, target: string])[]
  readonly work: string
  readonly pull: string
  readonly network: string
  readonly user: string | undefined
  readonly cpus: number | undefined
  readonly limits: ProcessLimits
}

export const worker_label = "wf.worker"

/** Variables that the tool itself would heed. */
const heeded =
  /^(PATH|HOME|TMPDIR|ENV|BASH_ENV|IFS|PS4|GO\w*|LD_\w+|DYLD_\w+|SSH_\w+|DBUS_\w+|XDG_\w+|DOCKER_\w+|BUILDKIT_\w+|PODMAN_\w+|CONTAINERS?_\w+|REGISTRY_\w+|STORAGE_\w+|\w+_proxy)$/i

const isHeeded = (name: string): boolean => heeded.test(name)

/** The tool takes the values of these from its own environment, so that they are on no command line. */
const passed = (env: Container["env"]): readonly string[] =>
  Object.entries(env).flatMap(([name, value]) => ["--env", isHeeded(name) ? `${name}=${value}` : name])

const optional = (flag: string, value: string | number | undefined): readonly string[] =>
  value === undefined ? [] : [flag, String(value)]

/** Docker's daemon has its own limits, and knows how to end what it removes; podman has to be told. */
const podmanWords = ({ limits }: Container): readonly string[] => {
  const { max_processes, max_open_files } = ownLimits()
  return [
    ...["--stop-timeout", "1", "--ulimit", `nproc=${max_processes}:${max_processes}`],
    ...openFiles(Math.min(limits.max_open_files, max_open_files)),
  ]
}

/** Without --init the first process of a container ignores signals that it does not ask for; podman may lack it. */
const dockerWords = ({ limits }: Container): readonly string[] => [
  "--init",
  ...openFiles(limits.max_open_files),
]

const openFiles = (max: number): readonly string[] => ["--ulimit", `nofile=${max}:${max}`]

const containerArguments = ({ name: tool }: Tool, given: Container): readonly string[] => {
  const { limits } = given
  const is_podman = tool === "podman"
  const relabel = is_podman ? ":Z" : ""
  return [
    ...["run", "--name", given.name, "--label", `${worker_label}=${given.worker_id}`],
    ...["--pull", given.pull, "--network", given.network, "--security-opt", "no-new-privileges"],
    // What is printed is taken as it comes; the tool's own copy would grow without end.
    ...["--log-driver", "none"],
    ...(is_podman ? podmanWords(given) : dockerWords(given)),
    ...["--memory", `${limits.max_memory_bytes}b`, "--pids-limit", String(limits.max_processes)],
    ...["--ulimit", "core=0:0"],
    ...optional("--cpus", given.cpus),
    ...optional("--user", given.user),
    ...given.mounts.flatMap(([source, target]) => ["--volume", `${source}:${target}${relabel}`]),
    ...["--workdir", given.work],
    ...passed(given.env),
    ...(given.script === undefined ? [] : ["--entrypoint", "sh"]),
    given.image,
    ...(given.script === undefined ? given.command : ["-c", given.script]),
  ]
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** A script that gives the tool the values it is to pass on, and becomes it. */
export const startScript = (tool: Tool, given: Container): string => {
  const own = Object.entries(given.env).filter(([name]) => !isHeeded(name))
  const exports = own.map(([name, value]) => `export ${name}=${quoted(value)}\n`)
  const words = [tool.path, ...containerArguments(tool, given)].map(quoted)
  return `${exports.join("")}exec ${words.join(" ")}\n`
}
