import { createHash } from "node:crypto"
import { createWriteStream } from "node:fs"
import { mkdir, rename, rm } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { Artifact, Client } from "#sdk/index.ts"
import { cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"

const largest_page = 200

export const run = async ({ arguments: [run_id = "", name], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const output = text(options, "output")
  const items = await Array.fromAsync(client.artifacts.all(run_id, { limit: largest_page }))
  if (flag(options, "all")) {
    for (const artifact of items)
      await save({ client, artifact, path: inside(output ?? ".", artifact.name) }, io)
    return exit_codes.done
  }
  const chosen = choose(items, name)
  if (output === "-") await print({ client, artifact: chosen, path: "-" }, io)
  else await save({ client, artifact: chosen, path: output ?? basename(chosen.name) }, io)
  return exit_codes.done
}

const choose = (items: readonly Artifact[], name: string | undefined): Artifact => {
  const [only] = items
  if (name === undefined && only && items.length === 1) return only
  const found = items.find((artifact) => artifact.name === name)
  if (found) return found
  const ofItems = items.filter((artifact) => artifact.name === `${artifact.task ?? ""}/${name}`)
  const [one] = ofItems
  if (one && ofItems.length === 1) return one
  const meant = ofItems.length > 0 ? ofItems : items
  const names = namesOf(meant)
  if (name === undefined && items.length > 1) {
    throw new Failure(
      exit_codes.usage,
      `This run has several files. Name one, or take them with --all:${names}`,
    )
  }
  if (ofItems.length > 0) {
    throw new Failure(
      exit_codes.usage,
      `Several items have kept a file ${cleanLine(name ?? "")}. Name one:${names}`,
    )
  }
  const there = names === "" ? "This run has kept no files." : `There are:${names}`
  throw new Failure(exit_codes.not_found, `There is no file ${name ?? ""} in this run. ${there}`)
}

const max_named = 50

const namesOf = (items: readonly Artifact[]): string => {
  const named = items.slice(0, max_named).map((artifact) => `\n  ${cleanLine(artifact.name)}`)
  const more = items.length - named.length
  return [
    ...named,
    ...(more > 0 ? [`\n  … and ${more} more: \`wf artifacts list --all\` shows them`] : []),
  ].join("")
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

type Download = { readonly client: Client; readonly artifact: Artifact; readonly path: string }

const open = async (
  { client, artifact }: Download,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> => {
  const { body } = await client.artifacts.download(artifact.run_id, artifact.name, signal)
  return body ?? new Blob([]).stream()
}

const damaged = (artifact: Artifact): Failure =>
  new Failure(
    exit_codes.failed,
    `${cleanLine(artifact.name)} arrived damaged: its checksum differs. Try again.`,
  )

/** Written beside its place and moved there when its checksum is right. */
const save = async (download: Download, io: Io): Promise<void> => {
  const { artifact, path } = download
  const draft = `${path}.part`
  await mkdir(dirname(path), { recursive: true })
  const hash = createHash("sha256")
  const body = await open(download, io.signal)
  const counted = async function* () {
    for await (const bytes of body) {
      hash.update(bytes)
      yield bytes
    }
  }
  try {
    await pipeline(Readable.from(counted()), createWriteStream(draft))
    if (hash.digest("hex") !== artifact.sha256) throw damaged(artifact)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  io.out(path)
}

const print = async (download: Download, io: Io): Promise<void> => {
  const hash = createHash("sha256")
  for await (const bytes of await open(download, io.signal)) {
    hash.update(bytes)
    await io.write(bytes)
  }
  if (hash.digest("hex") !== download.artifact.sha256) throw damaged(download.artifact)
}
