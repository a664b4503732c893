import { archive_ending } from "#kernel/archive/pack.ts"
import { limits } from "#language/limits.ts"

/** A file that the task may fetch; `run_id` is that of the run that has kept it. */
export type Fetchable = {
  readonly run_id: string
  readonly name: string
  readonly size_bytes: number
  readonly sha256: string
}

/** Asked for as what it is, or as the folder that it was made of, or as both. */
export type ChosenFile = Fetchable & { readonly as_file: boolean; readonly as_folder: boolean }

type Chosen =
  | { readonly ok: true; readonly files: readonly ChosenFile[] }
  | { readonly ok: false; readonly code: string; readonly message: string }

/** Of those that aren't chosen, so many are named. */
const max_named = 10
const max_shown_chars = 100

/** Takes all that match, page by page: of what doesn't, no more is kept than a message names. */
export const chooseFiles = async (
  patterns: readonly string[],
  pages: AsyncIterable<readonly Fetchable[]>,
): Promise<Chosen> => {
  const matchers = patterns.map((pattern) => ({ pattern, matches: matcherOf(pattern) }))
  const unmatched = new Set(patterns)
  const files: ChosenFile[] = []
  const seen: string[] = []
  let count = 0
  let size_bytes = 0
  for await (const page of pages) {
    for (const file of page) {
      count += 1
      if (seen.length < max_named) seen.push(file.name)
      const matching = matchers.filter(({ matches }) => matches(file.name))
      if (matching.length === 0) continue
      for (const { pattern } of matching) unmatched.delete(pattern)
      files.push({ ...file, ...formsOf(matching.map(({ pattern }) => pattern)) })
      size_bytes += file.size_bytes
      if (files.length > limits.max_fetched_files) return too_many
      if (size_bytes > limits.max_fetched_bytes) return too_large
    }
  }
  const [missing] = unmatched
  return missing === undefined ? { ok: true, files } : noneMatches(missing, seen, count)
}

const formsOf = (patterns: readonly string[]) => ({
  as_file: !patterns.every(isOfFolders),
  as_folder: patterns.some(isOfFolders),
})

const isOfFolders = (pattern: string): boolean => pattern.endsWith("/")

/** A name stands for itself, also where it has brackets, as those of items do: `shard[0]/a.csv`, or `shard[*]/a.csv` of all. */
const matcherOf = (given: string): ((name: string) => boolean) => {
  const pattern = isOfFolders(given) ? `${given.slice(0, -1)}${archive_ending}` : given
  const glob = new Bun.Glob(pattern.replaceAll("[*]", String.raw`\[*\]`))
  return (name) => name === pattern || glob.match(name)
}

const shown = (name: string): string => JSON.stringify(name).slice(0, max_shown_chars)

const noneMatches = (pattern: string, seen: readonly string[], count: number): Chosen => {
  const more = count > seen.length ? ` and ${count - seen.length} more` : ""
  const there =
    count === 0
      ? "The run has kept no files yet: declare them under `artifacts` of a task that this one needs."
      : `There are ${seen.map(shown).join(", ")}${more}.`
  return {
    ok: false,
    code: "fetch.no_match",
    message: `No artifact of this run matches ${shown(pattern)} of \`fetch\`. ${there}`,
  }
}

const narrow = "narrow the patterns, or pack the files into fewer"

const too_many: Chosen = {
  ok: false,
  code: "fetch.too_many",
  message: `More than ${limits.max_fetched_files} artifacts match \`fetch\`, and no more can be fetched: ${narrow}.`,
}

const too_large: Chosen = {
  ok: false,
  code: "fetch.too_large",
  message: `The artifacts that match \`fetch\` have more than ${limits.max_fetched_bytes / 1024 ** 3} GiB together, and no more can be fetched: narrow the patterns.`,
}
