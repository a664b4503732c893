import { createHash, type Hash } from "node:crypto"
import { createReadStream, createWriteStream } from "node:fs"
import { mkdir, rename, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { setTimeout as wait } from "node:timers/promises"
import type { Artifact, Client } from "#sdk/index.ts"
import { WfProblem } from "#sdk/problem.ts"
import { cleanLine } from "./clean.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"
import { size } from "./table.ts"

type Wanted = { readonly client: Client; readonly artifact: Artifact }

type Saving = Wanted & { readonly path: string }

/** So often in a row a download may break off without having brought anything. */
const max_tries = 5
const first_wait_ms = 200
const tell_ms = 1_000

/** Written beside its place, and moved there when its checksum is right. What broke off goes on where it ended, also in a later command. */
export const saveArtifact = async ({ client, artifact, path }: Saving, io: Io): Promise<void> => {
  // Of this content: what another has left of another file is not gone on with.
  const draft = `${path}.${artifact.sha256.slice(0, 12)}.part`
  await mkdir(dirname(path), { recursive: true })
  const hash = createHash("sha256")
  const begun_bytes = await hashDraft(draft, hash, artifact)
  const body = piecesOf({ client, artifact }, { from_bytes: begun_bytes, hash, io })
  await pipeline(Readable.from(body, { objectMode: false }), createWriteStream(draft, { flags: "a" }))
  if (hash.digest("hex") !== artifact.sha256) {
    await rm(draft, { force: true })
    throw damaged(artifact)
  }
  await rename(draft, path)
  io.out(path)
}

export const printArtifact = async (wanted: Wanted, io: Io): Promise<void> => {
  const hash = createHash("sha256")
  for await (const bytes of piecesOf(wanted, { from_bytes: 0, hash, io })) await io.write(bytes)
  if (hash.digest("hex") !== wanted.artifact.sha256) throw damaged(wanted.artifact)
}

const damaged = ({ name }: Artifact): Failure =>
  new Failure(exit_codes.failed, `${cleanLine(name)} arrived damaged: its checksum differs. Try again.`)

const replaced = ({ name }: Artifact): Failure =>
  new Failure(exit_codes.conflict, `${cleanLine(name)} was replaced by another just now. Try again.`)

/** How much of it is there already; none, if that is more than there should be. */
const hashDraft = async (draft: string, hash: Hash, { size_bytes }: Artifact): Promise<number> => {
  const found = await stat(draft).catch(() => undefined)
  if (!found?.isFile()) return 0
  if (found.size > size_bytes) {
    await rm(draft)
    return 0
  }
  for await (const bytes of createReadStream(draft)) hash.update(bytes)
  return found.size
}

type Going = { readonly from_bytes: number; readonly hash: Hash; readonly io: Io }

/** Its bytes from there on; a connection that breaks is made anew where it ended. */
async function* piecesOf({ client, artifact }: Wanted, { from_bytes, hash, io }: Going) {
  const { run_id, name, sha256, size_bytes } = artifact
  const tell = teller(io, artifact)
  let at_bytes = from_bytes
  let tries = 0
  while (at_bytes < size_bytes) {
    tries += 1
    try {
      const { body, headers } = await client.artifacts.download(run_id, name, {
        ...{ signal: io.signal, start: at_bytes },
      })
      if (headers.get("x-checksum-sha256") !== sha256) throw replaced(artifact)
      for await (const bytes of body ?? []) {
        at_bytes += bytes.length
        tries = 0
        hash.update(bytes)
        tell(at_bytes)
        yield bytes
      }
      if (at_bytes < size_bytes && tries >= max_tries) throw new Error(`${cleanLine(name)} broke off`)
    } catch (error) {
      const isFinal = error instanceof WfProblem || error instanceof Failure
      if (io.signal.aborted || isFinal || tries >= max_tries) throw error
    }
    if (at_bytes < size_bytes) await wait(first_wait_ms * 2 ** tries)
  }
}

/** A line a second, for a person who waits. */
const teller = (io: Io, { name, size_bytes }: Artifact): ((at_bytes: number) => void) => {
  let told_ms = performance.now()
  return (at_bytes) => {
    if (!io.note_is_tty || performance.now() - told_ms < tell_ms) return
    told_ms = performance.now()
    const share = Math.floor((100 * at_bytes) / size_bytes)
    io.note(`${cleanLine(name)}  ${share} %  ${size(at_bytes)} of ${size(size_bytes)}`)
  }
}
