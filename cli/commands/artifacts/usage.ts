import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printOne } from "../../list.ts"
import { size } from "../../table.ts"

export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const item = await connect(options, io).artifacts.usage()
  const columns = [
    { title: "files", full: () => String(item.files) },
    { title: "size", full: () => String(item.bytes), short: () => size(item.bytes) },
    { title: "at most", full: () => String(item.max_bytes), short: () => size(item.max_bytes) },
  ]
  return printOne(options, { columns, item }, io)
}
