import { mkdir } from "node:fs/promises"
import { join } from "node:path"

export type Scratch = { readonly work: string; readonly output: string }

/** The folder that a task works in, and the file that it writes its outputs to. */
export const prepareFolder = async (folder: string): Promise<Scratch> => {
  const scratch = { work: join(folder, "work"), output: join(folder, "output") }
  await mkdir(scratch.work, { recursive: true })
  await Bun.write(scratch.output, "")
  return scratch
}
