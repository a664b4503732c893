import { type Authored, readAuthored } from "../../authored.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { checkPaths, findFiles } from "../../push/find.ts"
import { pushOne } from "../../push/push.ts"

/** All files are checked before the first is sent. */
export const run = async ({ arguments: paths, options }: Given, io: Io): Promise<number> => {
  checkPaths(paths)
  const told = { dry_run: flag(options, "dryRun"), json: flag(options, "json") }
  if (flag(options, "watch")) {
    const { watchFiles } = await import("../../push/watch.ts")
    return watchFiles({ ...told, client: connect(options, io), paths }, io)
  }
  const read: (readonly Authored[] | undefined)[] = []
  for (const path of findFiles(paths)) read.push(await readAuthored(path, io))
  if (read.includes(undefined)) return exit_codes.usage
  const all = read.flatMap((some) => some ?? [])
  refuseTwice(all)
  const pushing = { ...told, client: connect(options, io) }
  for (const one of all) await pushOne(pushing, one, io)
  return exit_codes.done
}

/** The one would undo the other, at each push. */
const refuseTwice = (all: readonly Authored[]): void => {
  const paths = new Map<string, string>()
  for (const { definition, path } of all) {
    const other = paths.get(definition.name)
    if (other !== undefined) {
      const both = other === path ? `${path} has two workflows` : `${other} and ${path} have a workflow`
      throw new Failure(
        exit_codes.usage,
        `${both} called \`${definition.name}\`. Give one of them another name.`,
      )
    }
    paths.set(definition.name, path)
  }
}
