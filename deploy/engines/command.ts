export type Command = {
  readonly words: readonly string[]
  readonly folder?: string
  readonly max_ms?: number
  /** In place of our own. */
  readonly environment?: Readonly<Record<string, string>>
}

const max_shown_lines = 20

/** Runs a command to its end. Its output is shown only when it fails, and then the end of it. */
export const runCommand = async ({
  words,
  folder,
  max_ms = 900_000,
  environment,
}: Command): Promise<string> => {
  const child = Bun.spawn([...words], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: max_ms,
    ...(folder === undefined ? {} : { cwd: folder }),
    ...(environment && { env: environment }),
  })
  const [out, complaint, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code === 0) return out
  const shown = `${out}\n${complaint}`.trim().split("\n").slice(-max_shown_lines).join("\n")
  throw new Error(`\`${words.join(" ")}\` ended with ${code}:\n${shown}`)
}
