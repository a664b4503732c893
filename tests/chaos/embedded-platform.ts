import { readFileSync } from "node:fs"
import { join } from "node:path"
import { startGuarded } from "#deploy/engines/guarded.ts"
import { type Part, startPart } from "#deploy/stack/part.ts"
import type { Database } from "#kernel/database/database.ts"
import { openDatabase } from "#kernel/database/open.ts"
import { silentLog } from "#kernel/telemetry/log.ts"

const root = join(import.meta.dir, "../..")

export type EmbeddedPlatform = {
  readonly part: Part<{ readonly url: string }>
  readonly token: string
  readonly postgresPid: () => number
  /** A way of our own into its database. */
  readonly openDatabase: (name: string, tx_ms?: number) => Database
}

type Start = {
  readonly data: string
  readonly home: string
  readonly environment?: Readonly<Record<string, string>>
}

/** A file may go between two looks at it, so there is only one. */
const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
    throw error
  }
}

/** `wf up` as a process that can be killed and started again at the same address. */
export const startEmbeddedPlatform = async ({
  data,
  home,
  environment,
}: Start): Promise<EmbeddedPlatform> => {
  const start = async (ports: readonly number[] | undefined) => {
    const at = () => textOf(join(data, "url")) ?? ""
    const place = ["--data", data, "--port", String(ports?.[0] ?? 0)]
    const running = await startGuarded({
      name: "platform",
      words: [process.execPath, join(root, "services/all/main.ts"), ...place],
      folder: home,
      environment: { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: home, ...environment },
      address: { url: "" },
      ports: [],
      ready: async () => at() !== "" && (await fetch(`${at()}/health/ready`)).status === 200,
      ready_ms: 60_000,
    })
    return { ...running, address: { url: at() }, ports: [Number(new URL(at()).port)] }
  }
  const part = await startPart({ name: "platform", start, lost: () => undefined })
  const place = textOf(join(data, "location")) ?? data
  const postmaster = () => (textOf(join(place, "cluster/postmaster.pid")) ?? "").split("\n")
  const login = `postgres://wf:${textOf(join(place, "password"))}@127.0.0.1:5432/postgres`
  const url = `${login}?host=${encodeURIComponent(postmaster()[4] ?? "")}`
  return {
    part,
    token: textOf(join(data, "token")) ?? "",
    postgresPid: () => Number(postmaster()[0]),
    openDatabase: (application_name, tx_ms = 60_000) =>
      openDatabase({ url, schema: "scheduler", application_name, log: silentLog, tx_ms }),
  }
}
