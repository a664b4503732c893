import { Problem } from "#kernel/problem/problem.ts"

const max_chars = 500

/** A relative path of plain steps: it is shown, and saved below a folder, on machines that aren't ours. */
export const checkName = (name: string): string => {
  const steps = name.split("/")
  const plain =
    name.length <= max_chars &&
    name.isWellFormed() &&
    !/[\p{Cc}\\]/u.test(name) &&
    steps.every((step) => step !== "" && step !== "." && step !== "..")
  if (!plain)
    throw new Problem("artifact.name_invalid", {
      detail: `${JSON.stringify(name).slice(0, 200)} can't be a file's name here.`,
    })
  return name
}

const type_pattern = /^[\w.+-]{1,100}\/[\w.+-]{1,100}(?:; ?charset=[\w-]{1,40})?$/i

export const checkContentType = (given: string | undefined): string =>
  given !== undefined && type_pattern.test(given) ? given : "application/octet-stream"
