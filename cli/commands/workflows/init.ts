import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { parseWorkflow } from "#language/parse.ts"
import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { printTable } from "../../table.ts"
import { templates } from "../../templates/templates.ts"

const names = templates.map(({ name }) => name)

/** Writes a file to begin with, and never over one that is there. */
export const run = async ({ arguments: [given], options }: Given, io: Io): Promise<number> => {
  if (flag(options, "list")) return list(options, io)
  const template = templateOf(given ?? (await chosen(io)))
  const name = text(options, "name") ?? template.name
  const path = text(options, "output") ?? `${name}.yml`
  const content = named(template, name, path)
  writeNew(path, content)
  if (flag(options, "json")) io.out(asJson({ path, workflow: name, template: template.name }))
  else io.out(path)
  io.note(`Run it with \`wf run ${cleanLine(path)}\`; what else it can do stands in the file.`)
  return exit_codes.done
}

const list = (options: Given["options"], io: Io): number => {
  if (flag(options, "json")) io.out(asJson({ items: templates.map(({ name, shows }) => ({ name, shows })) }))
  else {
    const columns = [
      { title: "template", full: (one: (typeof templates)[number]) => one.name },
      { title: "shows", full: (one: (typeof templates)[number]) => one.shows },
    ]
    printTable(io, columns, templates)
  }
  return exit_codes.done
}

/** Nobody is asked where nobody can answer. */
const chosen = async (io: Io): Promise<string> => {
  const [first = ""] = names
  const answer = await io.ask(`Which one: ${names.join(", ")}? [${first}] `)
  return answer === undefined || answer.trim() === "" ? first : answer.trim()
}

const templateOf = (name: string) => {
  const found = templates.find((template) => template.name === name)
  if (found) return found
  throw new Failure(
    exit_codes.usage,
    `There is no template \`${cleanLine(name)}\`. There are: ${names.join(", ")}.`,
  )
}

/** As it is called there, also in what it says about itself. */
const named = (template: (typeof templates)[number], name: string, path: string): string => {
  const content = template.text
    .replace(/^name: .*$/m, () => `name: ${name}`)
    .replaceAll(`${template.name}.yml`, () => path)
    .replaceAll(`wf schedules pause ${template.name}`, () => `wf schedules pause ${name}`)
  const parsed = parseWorkflow(content, { file: path })
  const isRight = parsed.ok && parsed.definition.name === name && !/[\r\n]/.test(name + path)
  if (isRight) return content
  const why = parsed.ok ? `\`${cleanLine(name)}\` is no name` : parsed.errors[0]?.message
  throw new Failure(exit_codes.usage, `${why}. Give it another one with \`--name\`.`)
}

const writeNew = (path: string, content: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  try {
    writeFileSync(path, content, { flag: "wx" })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    throw new Failure(
      exit_codes.conflict,
      `${path} is there already, and was left as it is. Name another file with \`--name\` or \`--output\`.`,
    )
  }
}
