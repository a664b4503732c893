import { expect, test } from "bun:test"
import { join } from "node:path"
import { mutants } from "./mutants.ts"
import { huntAll, mutated } from "./mutate.ts"

const minutes_ms = 8 * 60_000

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  "there is a place for the mistake that %s",
  async (_, mutant) => {
    expect(await mutated(mutant)).not.toBe(await Bun.file(join(import.meta.dir, "../..", mutant.path)).text())
  },
)

test(
  "the simulation notices every mistake that it is given",
  async () => {
    const hunted = await huntAll(mutants, { max_seeds: 3_000, places: 2, report: () => undefined })
    const survivors = hunted.filter(({ caught }) => caught === undefined)
    expect(survivors.map(({ mutant }) => mutant.name)).toEqual([])
  },
  minutes_ms,
)
