import { createKept } from "#kernel/service/kept.ts"
import type { Step } from "#language/steps.ts"
import { chain } from "#language/steps.ts"

const keeping = { of: (text: string) => text.length, max: 200, max_size: 16 * 1024 * 1024 }

/** Plans as text, made once for all starts of the same steps. */
export const sequencePlans = () => {
  const kept = createKept<string>(keeping)
  return (steps: readonly Step[]): string => {
    const own = steps.map(({ name, type, max_retries }) => ({ name, type, max_retries }))
    const key = JSON.stringify(own)
    const known = kept.get(key)
    if (known !== undefined) return known
    const text = JSON.stringify(chain(own))
    kept.keep(key, text)
    return text
  }
}
