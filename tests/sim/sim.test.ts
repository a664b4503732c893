import { expect, test } from "bun:test"
import { kept_seeds } from "./seeds.ts"
import { simulate } from "./simulate.ts"

const { SEED, SEEDS = "2000", FIRST_SEED = "1" } = process.env
const [first, count, chunk] = [Number(FIRST_SEED), Number(SEEDS), 100]
const minutes_ms = 10 * 60_000

const failureOf = async (seed: number, write?: (line: string) => void): Promise<string | undefined> => {
  const { failure, at_ms } = await simulate(seed, write)
  if (failure === undefined) return undefined
  return `After ${(at_ms / 1000).toFixed(3)} s: ${failure}\nReplay it: SEED=${seed} bun test tests/sim`
}

const failuresOf = async (seeds: readonly number[]): Promise<readonly string[]> => {
  for (const seed of seeds) {
    const failure = await failureOf(seed)
    if (failure !== undefined) return [failure]
  }
  return []
}

if (SEED !== undefined) {
  test(
    `seed ${SEED}, told`,
    async () => {
      const failure = await failureOf(Number(SEED), (line) => process.stdout.write(`${line}\n`))
      expect(failure).toBeUndefined()
    },
    minutes_ms,
  )
} else {
  test(
    "seeds that found something find nothing any more",
    async () => {
      expect(await failuresOf(kept_seeds)).toEqual([])
    },
    minutes_ms,
  )

  const chunks = Array.from({ length: Math.ceil(count / chunk) }, (_, index) => first + index * chunk)
  test.each(chunks)(
    "whatever goes wrong, what is promised holds, from seed %d on",
    async (from) => {
      const length = Math.min(chunk, first + count - from)
      expect(await failuresOf(Array.from({ length }, (_, index) => from + index))).toEqual([])
    },
    minutes_ms,
  )

  test("a seed says everything: the same one goes the same way", async () => {
    const told = async (seed: number) => {
      const lines: string[] = []
      const outcome = await simulate(seed, (line) => lines.push(line))
      return { lines, outcome }
    }
    for (const seed of [1, 2, 3]) expect(await told(seed)).toEqual(await told(seed))
  })
}
