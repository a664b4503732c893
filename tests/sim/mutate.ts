import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Mutant } from "./mutants.ts"

const root = join(import.meta.dir, "../..")

/** All that the simulation loads. */
const parts = ["kernel", "language", "proto", "services/scheduler", "services/worker", "tests/sim"]

/** What of a mutant became known: the seed that noticed it, or nothing. */
export type Hunted = {
  readonly mutant: Mutant
  readonly caught: { readonly seed: number; readonly failure: string } | undefined
  readonly took_ms: number
}

export type Hunt = {
  readonly max_seeds: number
  /** How many processes at once. */
  readonly places: number
  readonly report: (hunted: Hunted) => void
}

/** The file as the mutant has it. Its place has to be there, and only once. */
export const mutated = async ({ name, path, from, to }: Mutant, folder = root): Promise<string> => {
  const text = await Bun.file(join(folder, path)).text()
  const found = text.split(from).length - 1
  if (found !== 1) throw new Error(`"${name}" has ${found} places in ${path}`)
  return text.replace(from, () => to)
}

/** Lets every mutant live in a copy of the tree, and sees whether the simulation notices. */
export const huntAll = async (mutants: readonly Mutant[], hunt: Hunt): Promise<readonly Hunted[]> => {
  const left = [...mutants]
  const hunted: Hunted[] = []
  const work = async (): Promise<void> => {
    const folder = copyTree()
    try {
      for (let mutant = left.shift(); mutant; mutant = left.shift()) {
        const one = await huntOne(mutant, folder, hunt.max_seeds)
        hunted.push(one)
        hunt.report(one)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  await Promise.all(Array.from({ length: hunt.places }, work))
  return hunted
}

const copyTree = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "wf-mutants-"))
  for (const part of parts) {
    mkdirSync(join(folder, part), { recursive: true })
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  for (const file of ["package.json", "tsconfig.json"]) cpSync(join(root, file), join(folder, file))
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  return folder
}

const huntOne = async (mutant: Mutant, folder: string, max_seeds: number): Promise<Hunted> => {
  const begun_ms = performance.now()
  const file = join(folder, mutant.path)
  const original = await Bun.file(file).text()
  await Bun.write(file, await mutated(mutant, folder))
  const words = [process.execPath, "tests/sim/hunt.ts", "1", String(max_seeds)]
  const hunting = Bun.spawn(words, { cwd: folder, stdout: "pipe", stderr: "pipe" })
  const [told, error, code] = await Promise.all([
    new Response(hunting.stdout).text(),
    new Response(hunting.stderr).text(),
    hunting.exited,
  ])
  await Bun.write(file, original)
  if (code !== 0) throw new Error(`"${mutant.name}" could not be run: ${error}`)
  const caught = told === "" ? undefined : JSON.parse(told)
  return { mutant, caught, took_ms: performance.now() - begun_ms }
}
