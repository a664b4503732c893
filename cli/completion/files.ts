import { readdirSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import type { Named } from "./live.ts"

const max_files = 200

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** Folders, and files that may hold a workflow, for what was typed of a path. */
export const workflowFiles = (typed: string): readonly Named[] => {
  const before = typed.slice(0, typed.lastIndexOf("/") + 1)
  const place = before.startsWith("~/") ? join(homedir(), before.slice(2)) : before
  const shows_hidden = typed.slice(before.length).startsWith(".")
  try {
    return readdirSync(place === "" ? "." : dirname(`${place}x`))
      .filter((name) => shows_hidden || !name.startsWith("."))
      .slice(0, max_files)
      .flatMap((name): readonly Named[] => {
        if (isFolder(join(place, name)))
          return [{ value: `${before}${name}/`, about: "folder", is_open: true }]
        return /\.(ya?ml|json|ts)$/.test(name) ? [{ value: `${before}${name}`, about: "file" }] : []
      })
  } catch {
    return []
  }
}
