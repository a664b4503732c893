import { readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import type { BunPlugin } from "bun"

export const root = join(import.meta.dirname, "../..")

type Bundle = {
  /** From the root of the repository. */
  readonly entries: readonly string[]
  /** The folder of the package that it becomes. */
  readonly folder: string
  readonly target: "browser" | "node" | "bun"
  /** Libraries that are installed beside it. */
  readonly external?: readonly string[]
}

/** What a module says of where it is, once it is a part of another file: files beside it have kept their places. */
const keepPlaces = (folder: string): BunPlugin => ({
  name: "places",
  setup: (build) => {
    build.onLoad({ filter: /\.tsx?$/ }, ({ path }) => {
      const place = relative(join(root, folder), path)
      const at = (name: string) => `new URL(${JSON.stringify(name)}, import.meta.url)`
      const contents = readFileSync(path, "utf8")
        .replaceAll(/\bimport\.meta\.url\b/g, `${at(place)}.href`)
        .replaceAll(/\bimport\.meta\.dir(?:name)?\b/g, `${at(`${dirname(place)}/`)}.pathname`)
      return { contents, loader: path.endsWith("x") ? "tsx" : "ts" }
    })
  },
})

/** Ink names it for those who develop screens, who have it. */
export const leaveOutDevelopers: BunPlugin = {
  name: "developers",
  setup: (build) => {
    build.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: "nothing" }))
    build.onLoad({ filter: /./, namespace: "nothing" }, () => ({
      contents: "export default {}",
      loader: "js",
    }))
  },
}

/** What all that is built has in common: React leaves out what is for its developers, too. */
export const usual = {
  define: { "process.env.NODE_ENV": '"production"' },
  minify: { whitespace: true, syntax: true, identifiers: false },
  metafile: true,
} as const

/** Builds into the package's folder; answers the files of which it is made. */
export const bundle = async (
  into: string,
  { entries, folder, target, external = [] }: Bundle,
): Promise<readonly string[]> => {
  const { metafile } = await Bun.build({
    ...usual,
    entrypoints: entries.map((entry) => join(root, entry)),
    outdir: join(into, folder),
    root: join(root, folder),
    naming: { entry: "[dir]/[name].[ext]", chunk: "part-[hash].[ext]" },
    target,
    external: [...external],
    splitting: true,
    plugins: [keepPlaces(folder), leaveOutDevelopers],
  })
  return Object.keys(metafile?.inputs ?? {})
}
