import type { Retention } from "#sdk/shapes.ts"
import type { Options } from "./command.ts"
import type { Io } from "./io.ts"
import { printOne } from "./list.ts"

export const printRetention = (item: Retention, options: Options, io: Io): number =>
  printOne(
    options,
    {
      columns: [
        { title: "days", full: (row) => String(row.keep_days) },
        { title: "set by", full: (row) => (row.is_set ? "workspace" : "platform") },
        { title: "at most", full: (row) => String(row.max_keep_days) },
      ],
      item,
    },
    io,
  )
