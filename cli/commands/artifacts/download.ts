import { statSync } from "node:fs"
import { basename, join } from "node:path"
import { chooseArtifact } from "../../choose-artifact.ts"
import { cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { printArtifact, saveArtifact } from "../../save-artifact.ts"

export const run = async ({ arguments: [run_id = "", name], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const output = text(options, "output")
  const task = text(options, "task")
  const items = await Array.fromAsync(client.artifacts.all(run_id, { ...(task !== undefined && { task }) }))
  if (flag(options, "all")) {
    if (output === "-") {
      throw new Failure(exit_codes.usage, "Several files can't go to stdout: name a folder with `-o`.")
    }
    if (items.length === 0) io.note("This run has kept no such files.")
    // All names are looked at before the first file is written.
    const paths = items.map(({ name: own }) => inside(output ?? ".", own))
    for (const [index, artifact] of items.entries()) {
      const place = [index + 1, items.length] as const
      await saveArtifact({ client, artifact, path: paths[index] ?? "", place }, io)
    }
    return exit_codes.done
  }
  const artifact = chooseArtifact(items, name)
  if (output === "-") await printArtifact({ client, artifact }, io)
  else await saveArtifact({ client, artifact, path: placeFor(output, artifact.name) }, io)
  return exit_codes.done
}

const placeFor = (output: string | undefined, name: string): string => {
  const own = basename(inside(".", name))
  if (output === undefined) return own
  const isFolder = /[/\\]$/.test(output) || statSync(output, { throwIfNoEntry: false })?.isDirectory()
  return isFolder ? join(output, own) : output
}

/** A name comes from elsewhere: it must stay below the folder, whatever it says. */
const inside = (folder: string, name: string): string => {
  const steps = name.split("/")
  const safe =
    !name.includes("\\") &&
    !name.includes("\0") &&
    steps.every((step) => step !== "" && step !== "." && step !== "..")
  if (!safe)
    throw new Failure(
      exit_codes.failed,
      `The file's name ${cleanLine(name)} would leave the folder; it was not saved.`,
    )
  return join(folder, ...steps)
}
