import { simulate } from "./simulate.ts"

/** Runs seeds until one fails, and says which: the whole of a process that `mutate.ts` starts. */
const [first = 1, count = 100] = process.argv.slice(2).map(Number)
for (let seed = first; seed < first + count; seed++) {
  const { failure } = await simulate(seed)
  if (failure === undefined) continue
  process.stdout.write(JSON.stringify({ seed, failure: failure.split("\n")[0] }))
  break
}
