import type { Artifact } from "#sdk/index.ts"
import { cleanLine } from "./clean.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

/** The file of a run that is meant, also by the name that an item's file has without its item. */
export const chooseArtifact = (items: readonly Artifact[], name: string | undefined): Artifact => {
  const [only] = items
  if (name === undefined && only && items.length === 1) return only
  const found = items.find((artifact) => artifact.name === name)
  if (found) return found
  const ofItems = items.filter((artifact) => artifact.name === `${artifact.task ?? ""}/${name}`)
  const [one] = ofItems
  if (one && ofItems.length === 1) return one
  const meant = ofItems.length > 0 ? ofItems : items
  const names = namesOf(meant)
  if (name === undefined && items.length > 1) {
    throw new Failure(
      exit_codes.usage,
      `This run has several files. Name one, or take them with --all:${names}`,
    )
  }
  if (ofItems.length > 0) {
    throw new Failure(
      exit_codes.usage,
      `Several items have kept a file ${cleanLine(name ?? "")}. Name one:${names}`,
    )
  }
  const there = names === "" ? "This run has kept no files." : `There are:${names}`
  throw new Failure(exit_codes.not_found, `There is no file ${name ?? ""} in this run. ${there}`)
}

const max_named = 50

const namesOf = (items: readonly Artifact[]): string => {
  const named = items.slice(0, max_named).map((artifact) => `\n  ${cleanLine(artifact.name)}`)
  const more = items.length - named.length
  return [
    ...named,
    ...(more > 0 ? [`\n  … and ${more} more: \`wf artifacts list --all\` shows them`] : []),
  ].join("")
}
