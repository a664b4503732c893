import { openAsBlob } from "node:fs"
import { basename } from "node:path"
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
  const { sha256 } = await sumOfFile(path)
  const name = text(options, "name") ?? basename(path)
  const client = connect(options, io)
  const stored = await client.artifacts.upload(run_id, {
    ...{ name, sha256 },
    body: await openAsBlob(path),
    signal: io.signal,
  })
  io.out(flag(options, "json") ? asJson(stored) : `${stored.name}\t${stored.size_bytes}\t${stored.sha256}`)
  return exit_codes.done
}
