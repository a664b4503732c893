import { openAsBlob } from "node:fs"
import { stat } from "node:fs/promises"
import { basename, resolve } from "node:path"
import { archive_ending, packFolder } from "#kernel/archive/pack.ts"
import type { Upload } from "#sdk/index.ts"
import { asJson } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { sumOfFile } from "../../file-sum.ts"
import type { Io } from "../../io.ts"

export const run = async (
  { arguments: [run_id = "", path = ""], options }: Given,
  io: Io,
): Promise<number> => {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false
  const upload = isFolder ? folderOf(resolve(path)) : await fileOf(path)
  const name = text(options, "name") ?? upload.name
  const client = connect(options, io)
  const stored = await client.artifacts.upload(run_id, { ...upload, name, signal: io.signal })
  io.out(flag(options, "json") ? asJson(stored) : `${stored.name}\t${stored.size_bytes}\t${stored.sha256}`)
  return exit_codes.done
}

const fileOf = async (path: string): Promise<Upload> => {
  const { sha256 } = await sumOfFile(path)
  return { name: basename(path), body: await openAsBlob(path), sha256 }
}

/** Packed while it is sent. */
const folderOf = (path: string): Upload => {
  const name = basename(path)
  const pieces = packFolder(path, name)[Symbol.asyncIterator]()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
  return { name: `${name}${archive_ending}`, body, content_type: "application/gzip" }
}
