import { asJson } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readDuration } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { sumOfFile } from "../../file-sum.ts"
import type { Io } from "../../io.ts"

export const run = async (
  { arguments: [run_id = "", name = ""], options }: Given,
  io: Io,
): Promise<number> => {
  const path = text(options, "put")
  const expires_ms = readDuration("--expires", text(options, "expires"))
  const expires = expires_ms !== undefined && { expires_s: Math.ceil(expires_ms / 1000) }
  const { presign } = connect(options, io).artifacts
  const link =
    path === undefined
      ? await presign(run_id, name, { ...expires })
      : await presign(run_id, name, { method: "PUT", ...(await sumOfFile(path)), ...expires })
  if (flag(options, "json")) {
    io.out(asJson(link))
    return exit_codes.done
  }
  io.out(link.url)
  const headers = Object.entries(link.headers).map(([header, value]) => ` -H '${header}: ${value}'`)
  if (path !== undefined) io.note(`Send it with: curl -T FILE${headers.join("")} URL`)
  return exit_codes.done
}
