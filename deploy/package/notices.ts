import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./bundle.ts"

type Library = { readonly name: string; readonly version: string; readonly license?: string }

const is_license = /^(licen[cs]e|copying|notice)([.-].*)?$/i

/** The folder of the library that a file is of; undefined for ours. */
const folderOf = (file: string): string | undefined =>
  /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]

const noticeOf = (folder: string): string => {
  const {
    name,
    version,
    license = "",
  } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Library
  const texts = readdirSync(folder)
    .filter((file) => is_license.test(file))
    .map((file) => readFileSync(join(folder, file), "utf8").trim())
  return [`${name} ${version} (${license})`, ...texts].join("\n\n")
}

/** The names and licences of all libraries that have become a part of what these files were built to. */
export const noticesOf = (files: readonly string[]): string => {
  const folders = new Set(files.flatMap((file) => folderOf(file) ?? []))
  const found = [...folders].map((folder) => join(root, folder))
  const libraries = found.filter((folder) => existsSync(join(folder, "package.json"))).sort()
  return `What others have written, and is a part of this package:\n\n${libraries.map(noticeOf).join(`\n\n${"-".repeat(80)}\n\n`)}\n`
}
