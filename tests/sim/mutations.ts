import { mutants } from "./mutants.ts"
import { huntAll } from "./mutate.ts"

/** `bun tests/sim/mutations.ts [seeds]`: which seed notices which mistake; 1 if one is noticed by none. */
const max_seeds = Number(process.argv[2] ?? 1_000)

const hunted = await huntAll(mutants, {
  ...{ max_seeds, places: 2 },
  report: ({ mutant, caught, took_ms }) => {
    const how = caught ? `seed ${caught.seed}`.padEnd(10) : "SURVIVES  "
    const seconds = `${(took_ms / 1000).toFixed(1)} s`.padStart(7)
    process.stdout.write(`${how} ${seconds}  ${mutant.name}${caught ? `: ${caught.failure}` : ""}\n`)
  },
})
const survivors = hunted.filter(({ caught }) => caught === undefined)
process.stdout.write(`${hunted.length - survivors.length} of ${hunted.length} were noticed\n`)
process.exit(survivors.length > 0 ? 1 : 0)
