import { createHash, type Hash } from "node:crypto"
import { createReadStream, createWriteStream } from "node:fs"
import { mkdir, rename, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { setTimeout as wait } from "node:timers/promises"
import type { Artifact, Client } from "#sdk/index.ts"
import { WfProblem } from "#sdk/problem.ts"
import { clean, cleanLine } from "./clean.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import { sumOfFile } from "./file-sum.ts"
import type { Io } from "./io.ts"
import { transferText } from "./transfer-text.ts"

type Wanted = { readonly client: Client; readonly artifact: Artifact }

type Saving = Wanted & {
  readonly path: string
  /** Which one of how many. */
  readonly place?: readonly [at: number, of: number]
}

/** So often in a row a download may break off without having brought anything. */
const max_tries = 5
const first_wait_ms = 200
/** What is there sooner needs no words. */
const first_tell_ms = 300
const tell_ms = 100

/** Written beside its place, and moved there when its checksum is right. What broke off goes on where it ended, also in a later command. */
export const saveArtifact = async ({ client, artifact, path, place }: Saving, io: Io): Promise<void> => {
  if (await isThere(path, artifact)) {
    io.out(path)
    return
  }
  // Of this content: what another has left of another file is not gone on with.
  const draft = `${path}.${artifact.sha256.slice(0, 12)}.part`
  await mkdir(dirname(path), { recursive: true })
  const hash = createHash("sha256")
  const begun_bytes = await hashDraft(draft, hash, artifact)
  const tell = teller(io, { artifact, from_bytes: begun_bytes, place: place ?? [1, 1] })
  const body = piecesOf({ client, artifact }, { from_bytes: begun_bytes, hash, io, tell })
  try {
    await pipeline(Readable.from(body, { objectMode: false }), createWriteStream(draft, { flags: "a" }))
  } catch (error) {
    if (!io.signal.aborted) throw error
    throw new Failure(exit_codes.interrupted, `${path} is not finished: the same command goes on with it.`)
  } finally {
    io.status("")
  }
  if (hash.digest("hex") !== artifact.sha256) {
    await rm(draft, { force: true })
    throw damaged(artifact)
  }
  await rename(draft, path)
  io.out(path)
}

/** As it is into a pipe; at a terminal without what could steer it. */
export const printArtifact = async (wanted: Wanted, io: Io): Promise<void> => {
  const hash = createHash("sha256")
  const seen = io.out_is_tty ? readable(wanted.artifact) : (bytes: Uint8Array) => bytes
  const going = { from_bytes: 0, hash, io, tell: () => undefined }
  for await (const bytes of piecesOf(wanted, going)) await io.write(seen(bytes))
  if (hash.digest("hex") !== wanted.artifact.sha256) throw damaged(wanted.artifact)
}

const readable = ({ name }: Artifact): ((bytes: Uint8Array) => Uint8Array) => {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  const encoder = new TextEncoder()
  const read = (bytes: Uint8Array): string | undefined => {
    try {
      const text = decoder.decode(bytes, { stream: true })
      return text.includes("\0") ? undefined : text
    } catch {
      return undefined
    }
  }
  return (bytes) => {
    const text = read(bytes)
    if (text !== undefined) return encoder.encode(clean(text.replaceAll("\r", "")))
    const what = `${cleanLine(name)} is not text. Save it with \`-o FILE\`, or pass it on in a pipe.`
    throw new Failure(exit_codes.usage, what)
  }
}

const isThere = async (path: string, { size_bytes, sha256 }: Artifact): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile() || found.size !== size_bytes) return false
  return (await sumOfFile(path)).sha256 === sha256
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

type Going = {
  readonly from_bytes: number
  readonly hash: Hash
  readonly io: Io
  readonly tell: (at_bytes: number) => void
}

/** Its bytes from there on; a connection that breaks is made anew where it ended. */
async function* piecesOf({ client, artifact }: Wanted, { from_bytes, hash, io, tell }: Going) {
  const { run_id, name, sha256, size_bytes } = artifact
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

type Telling = {
  readonly artifact: Artifact
  readonly from_bytes: number
  readonly place: readonly [at: number, of: number]
}

const teller = (io: Io, { artifact, from_bytes, place }: Telling): ((at_bytes: number) => void) => {
  const { name, size_bytes } = artifact
  const begun_ms = performance.now()
  let next_ms = begun_ms + first_tell_ms
  return (at_bytes) => {
    const now_ms = performance.now()
    if (now_ms < next_ms) return
    next_ms = now_ms + tell_ms
    io.status(transferText({ name, place, size_bytes, from_bytes, at_bytes, elapsed_ms: now_ms - begun_ms }))
  }
}
