import type { Envelope } from "#kernel/events/envelope.ts"
import { keepDeliveries } from "../delivery/keep.ts"
import { deliverySeeds, type NewDelivery } from "../delivery/seed.ts"
import type { Office } from "../office.ts"
import { insertUsual } from "../subscription/usual.ts"
import { endWatches, lateFacts, watchRuns } from "../watch/watch.ts"
import { contentOf } from "./content.ts"
import type { RunFacts } from "./describe.ts"
import { type Fact, factsOf } from "./fact.ts"
import { isApproval } from "./kinds.ts"
import { matchFacts } from "./match.ts"
import { audienceOf } from "./members.ts"
import { narrow } from "./narrow.ts"

/** What was read of runs while one batch is handled. */
type Read = (fact: Pick<Fact, "workspace_id" | "run_id">) => Promise<RunFacts | undefined>

const reading = ({ describe }: Pick<Office, "describe">): Read => {
  const known = new Map<string, Promise<RunFacts | undefined>>()
  return ({ workspace_id, run_id }) => {
    if (run_id === null) return Promise.resolve(undefined)
    const found = known.get(run_id) ?? describe(workspace_id, run_id)
    known.set(run_id, found)
    return found
  }
}

/** An approval's event doesn't say which workflow it is of. */
const named = (read: Read, facts: readonly Fact[]): Promise<readonly Fact[]> =>
  Promise.all(
    facts.map(async (fact) =>
      isApproval(fact.kind) ? { ...fact, workflow: (await read(fact))?.workflow ?? null } : fact,
    ),
  )

/** Everybody for whom something waits has the usual subscription, from now on. */
const greet = async ({ database, members }: Office, facts: readonly Fact[]): Promise<void> => {
  const holders: { workspace_id: string; user_id: string }[] = []
  for (const { workspace_id, audience } of facts) {
    if (audience === null) continue
    for (const { user_id } of audienceOf(await members(workspace_id), audience))
      holders.push({ workspace_id, user_id })
  }
  if (holders.length > 0) await database.run((sql) => insertUsual(sql, holders))
}

/** Tells whoever wants to hear of these facts; each once, however often it is told here. */
export const tellFacts =
  (office: Office) =>
  async (given: readonly Fact[]): Promise<void> => {
    if (given.length === 0) return
    const read = reading(office)
    const facts = await named(read, given)
    await greet(office, facts)
    const matches = await office.database.run((sql) => matchFacts(sql, facts))
    const wanted = await narrow(office, matches)
    if (wanted.length === 0) return
    const seeds = await deliverySeeds(office, wanted)
    const deliveries: NewDelivery[] = []
    for (const seed of seeds) {
      const run = await read(seed.fact)
      deliveries.push({
        ...seed,
        content: contentOf({ fact: seed.fact, run, public_url: office.public_url }),
      })
    }
    await keepDeliveries(office, deliveries)
  }

/**
 * Handles a batch of the bus: a few statements for all of it. Other services are asked before anything is written, and
 * what is written is known by its event and subscription, so that a batch that comes again changes nothing.
 */
export const recordEvents = (office: Office) => {
  const tell = tellFacts(office)
  return async (events: readonly Envelope[]): Promise<void> => {
    await watchRuns(office, events)
    const late = await lateFacts(office, events)
    await tell([...events.flatMap(factsOf), ...late])
    await endWatches(office, events)
  }
}
