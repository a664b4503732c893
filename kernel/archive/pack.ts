import { pipeline, type Readable } from "node:stream"
import { createGzip } from "node:zlib"
import { packTar } from "modern-tar/fs"

const modes = { folder: 0o755, program: 0o755, plain: 0o644 } as const
const any_execute = 0o111

/** A folder as a tar.gz, below this name: its files and folders, by no link, and nobody's names. In constant memory. */
export const packFolder = (path: string, name: string): Readable => {
  const tar = packTar([{ type: "directory", source: path, target: name }], {
    filter: (_path, stats) => stats.isFile() || stats.isDirectory(),
    map: (header) => ({
      ...header,
      ...{ uid: 0, gid: 0, uname: "", gname: "" },
      mode: modeOf(header),
    }),
  })
  // What fails on the way fails whoever reads.
  return pipeline(tar, createGzip(), () => undefined)
}

type Moded = { readonly type?: string; readonly mode?: number }

/** Of an entry only this counts: whether it is a folder, or can be run. */
export const modeOf = ({ type, mode = 0 }: Moded): number => {
  if (type === "directory") return modes.folder
  return (mode & any_execute) === 0 ? modes.plain : modes.program
}

/** What the archive of a folder is called. */
export const archive_ending = ".tar.gz"
