import { chmodSync, mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Client, createClient } from "#sdk/index.ts"

export const root = new URL("../..", import.meta.url).pathname

export type Said = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** The platform under test, seen as its users see it: through the CLI and the SDK. */
export type UnderTest = {
  readonly url: string
  readonly token: string
  readonly client: Client
  /** Runs the CLI with this platform in its environment. */
  wf(
    words: readonly string[],
    more?: { readonly env?: Record<string, string>; readonly stdin?: string },
  ): Promise<Said>
}

const set_ups = {
  embedded: ["services/all/main.ts", "--port", "0", "--attached"],
  stack: ["deploy/stack/main.ts", "--port", "0", "--until-eof"],
} as const

type SetUp = keyof typeof set_ups

const chosen = (): SetUp => (process.env.WF_E2E === "stack" ? "stack" : "embedded")

export const isEmbedded = chosen() === "embedded"

/** What the CLI may know: nothing of the person who runs the tests. */
export const cleanEnvironment = (home: string): Record<string, string> => ({
  PATH: process.env.PATH ?? "/usr/bin:/bin",
  HOME: home,
  XDG_CONFIG_HOME: join(home, "config"),
  LANG: "C.UTF-8",
})

export type Wf = { readonly env: Record<string, string>; readonly cwd?: string; readonly stdin?: string }

export const runWf = async (words: readonly string[], { env, cwd = root, stdin }: Wf): Promise<Said> => {
  const child = Bun.spawn([process.execPath, join(root, "cli/main.ts"), ...words], {
    cwd,
    env,
    stdin: stdin === undefined ? "ignore" : new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stdout, stderr }
}

const firstLine = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ""
  const reader = stream.getReader()
  while (!text.includes("\n")) {
    const { done, value } = await reader.read()
    if (done) break
    text += decoder.decode(value, { stream: true })
  }
  reader.releaseLock()
  return text.split("\n")[0] ?? ""
}

type Begun = UnderTest & { stop(): Promise<void> }

const begin = async (more: Readonly<Record<string, string>> = {}): Promise<Begun> => {
  const home = mkdtempSync(join(tmpdir(), "wf-e2e-"))
  // PostgreSQL, which root runs as somebody else, has to get through.
  chmodSync(home, 0o711)
  const data = join(home, "data")
  const [entry, ...words] = set_ups[chosen()]
  const child = Bun.spawn([process.execPath, join(root, entry), "--data", data, ...words], {
    env: {
      ...cleanEnvironment(home),
      // The tests themselves serve what is asked for.
      WF_WORKER_HTTP_ALLOW: "127.0.0.1",
      WF_NOTIFICATION_HTTP_ALLOW: "127.0.0.1",
      WF_ENGINES_CACHE: process.env.WF_ENGINES_CACHE ?? join(root, ".engines"),
      ...more,
    },
    // It ends when this pipe does, so also when the tests are killed.
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  })
  const line = await firstLine(child.stdout)
  if (line === "") throw new Error(`the platform did not start (exit code ${await child.exited})`)
  const { url, token } = line.startsWith("{")
    ? (JSON.parse(line) as { url: string; token: string })
    : { url: line, token: readFileSync(join(data, "token"), "utf8").trim() }
  const env = { ...cleanEnvironment(home), WF_URL: url, WF_TOKEN: token }
  return {
    url,
    token,
    client: createClient({ url, token }),
    async stop() {
      await child.stdin.end()
      await child.exited
    },
    wf: (given, told) =>
      runWf(given, {
        env: { ...env, ...told?.env },
        ...(told?.stdin !== undefined && { stdin: told.stdin }),
      }),
  }
}

let begun: Promise<UnderTest> | undefined

/** One platform serves all files of a test process. */
export const platform = (): Promise<UnderTest> => {
  begun ??= begin()
  return begun
}

/** One with settings of its own, for the file that starts it. */
export const platformWith = (settings: Readonly<Record<string, string>>): Promise<Begun> => begin(settings)
