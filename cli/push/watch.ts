import { createHash } from "node:crypto"
import { rest } from "#sdk/follow.ts"
import { WfProblem } from "#sdk/problem.ts"
import { readAuthored } from "../authored.ts"
import { exit_codes } from "../exit.ts"
import { failureOf } from "../failure.ts"
import type { Io } from "../io.ts"
import { findFiles } from "./find.ts"
import { gone, type Marks, marksOf } from "./mark.ts"
import { type Pushing, pushOne } from "./push.ts"

type Watching = Pushing & { readonly paths: readonly string[] }

/** A file is read when it was the same at two looks, so that none is read half written. */
const look_ms = 150
const away_ms = 2_000

/** What is known of the files that were looked at. */
type Known = {
  /** As they were when they were handled last. */
  readonly done: Map<string, string>
  /** The files that each names. */
  readonly bundled: Map<string, readonly string[]>
  /** What was pushed last of each. */
  readonly pushed: Map<string, string>
}

/** Pushes what was saved, again and again, until it is interrupted. Nothing that is wrong with a file ends it. */
export const watchFiles = async ({ paths, ...pushing }: Watching, io: Io): Promise<number> => {
  const known: Known = { done: new Map(), bundled: new Map(), pushed: new Map() }
  let before: Marks = new Map()
  let is_away = false
  io.note(`Watching ${paths.join(", ")}; Ctrl-C ends it.`)
  while (!io.signal.aborted) {
    const now = marksOf([...findFiles(paths), ...known.done.keys()], known.bundled)
    const saved = [...now].filter(
      ([path, mark]) => mark === before.get(path) && mark !== known.done.get(path),
    )
    for (const [path, mark] of saved) {
      if (io.signal.aborted) break
      const outcome = mark === gone ? noteGone(path, known, io) : await pushFile(path, { pushing, known }, io)
      if (outcome instanceof Error && !is_away) io.note(`wf: ${outcome.message} Trying again …`)
      is_away = outcome instanceof Error
      if (is_away) await rest(away_ms, io.signal)
      else known.done.set(path, mark)
    }
    before = now
    await rest(look_ms, io.signal)
  }
  return exit_codes.interrupted
}

const noteGone = (path: string, { done, pushed }: Known, io: Io): void => {
  if (done.has(path)) io.note(`${path} is gone; what was pushed of it stays.`)
  pushed.delete(path)
}

type Told = { readonly pushing: Pushing; readonly known: Known }

/** Answers why, where it should be tried again as it is. */
const pushFile = async (path: string, { pushing, known }: Told, io: Io): Promise<Error | undefined> => {
  try {
    const all = await readAuthored(path, io)
    if (!all) {
      known.pushed.delete(path)
      return undefined
    }
    known.bundled.set(
      path,
      all.flatMap(({ definition }) => definition.files ?? []),
    )
    // What was saved may be something else than what is pushed of it.
    const content = createHash("sha256").update(JSON.stringify(all)).digest("hex")
    if (known.pushed.get(path) === content) return undefined
    for (const authored of all) await pushOne(pushing, authored, io)
    known.pushed.set(path, content)
    return undefined
  } catch (error) {
    const failure = failureOf(error)
    const isOver = error instanceof WfProblem && [401, 403].includes(error.status)
    if (!failure || isOver) throw error
    if (failure.exit_code === exit_codes.unreachable) return failure
    io.note(`wf: ${failure.message}`)
    return undefined
  }
}
