import type { Page, Worker } from "#sdk/shapes.ts"
import { type Item, passing } from "../screen/item.ts"
import type { Section } from "../screen/section.ts"
import { activeRuns, type FactName } from "./facts.ts"
import { deadLetterItem, failureItem, hasWork, queueItem, runItem, workerItem } from "./items.ts"
import { type SectionName, sectionNames, type TopState } from "./state.ts"

type Content = {
  readonly title: string
  readonly from: FactName
  readonly items: (facts: TopState["facts"], now: Date) => readonly Item[]
  readonly none: string
}

const gone_ms = 60_000

/** A worker is new at each start: one that has gone is worth a line for a moment only. */
const isThere = ({ status, last_seen_at }: Worker, now: Date): boolean =>
  status !== "gone" || now.getTime() - Date.parse(last_seen_at) < gone_ms

const itemsOf = <Fact>(page: Page<Fact> | undefined, itemOf: (fact: Fact) => Item): readonly Item[] =>
  (page?.items ?? []).map(itemOf)

const contents: Readonly<Record<SectionName, Content>> = {
  runs: {
    title: "Running",
    from: "running",
    items: (facts, now) => activeRuns(facts).map((run) => runItem(run, now)),
    none: "nothing runs",
  },
  failures: {
    title: "Failed",
    from: "failed",
    items: ({ failed }, now) => itemsOf(failed, (run) => failureItem(run, now)),
    none: "no run has failed",
  },
  queues: {
    title: "Queues",
    from: "queues",
    items({ queues }) {
      // Otherwise by name, so that they stay where they are.
      const [busy, idle] = [true, false].map((is) =>
        (queues?.items ?? []).filter((queue) => hasWork(queue) === is),
      )
      return [...(busy ?? []), ...(idle ?? [])].map(queueItem)
    },
    none: "none",
  },
  workers: {
    title: "Workers",
    from: "workers",
    items: ({ workers }, now) =>
      (workers?.items ?? []).filter((one) => isThere(one, now)).map((one) => workerItem(one, now)),
    none: "nobody works: `wf up` starts one",
  },
  dead_letters: {
    title: "Dead letters",
    from: "dead_letters",
    items: ({ dead_letters }, now) => itemsOf(dead_letters, (letter) => deadLetterItem(letter, now)),
    none: "none",
  },
}

const noteOf = (state: TopState, { from, none }: Content, isFiltered: boolean): string => {
  if (state.refused[from] !== undefined) return state.refused[from]
  if (state.facts[from] === undefined) return "…"
  return isFiltered ? "none that the filter lets through" : none
}

export const sectionsOf = (state: TopState, now_ms: number): readonly Section<SectionName>[] => {
  const now = new Date(now_ms)
  const shown = sectionNames.filter((name) => state.only === undefined || state.only === name)
  return shown.map((name) => {
    const content = contents[name]
    const all = content.items(state.facts, now)
    const items = passing(all, state.filter)
    const isMore = typeof state.facts[content.from]?.next_cursor === "string"
    return {
      ...{ name, number: sectionNames.indexOf(name) + 1, title: content.title, items },
      count: `${all.length}${isMore && name !== "workers" ? "+" : ""}`,
      note: items.length === 0 ? noteOf(state, content, all.length > 0) : undefined,
    }
  })
}
