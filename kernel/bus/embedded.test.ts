import { expect, test } from "bun:test"
import { join } from "node:path"
import { emit } from "#kernel/outbox/emit.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { until } from "#kernel/testing/until.ts"
import { busSuite, registered } from "./bus.suite.ts"
import { embeddedBus } from "./embedded.ts"

busSuite(async () => ({ openBus: () => embeddedBus({ log: silentLog }) }))

test("a bus at rest writes nothing to the database", async () => {
  const migrations = [{ prefix: "kernel/outbox/", path: join(import.meta.dir, "..", "outbox", "tables.sql") }]
  const database = await testDatabase({ schema: "resting", migrations })
  const bus = embeddedBus({ log: silentLog, poll_ms: 5 })
  let handled = 0
  let polls = 0
  const watched = {
    ...database,
    run: ((work, options) => {
      polls += 1
      return database.run(work, options)
    }) as typeof database.run,
  }
  bus.relay(watched)
  const handle = async () => {
    handled += 1
  }
  const reading = { topics: ["user.registered"], max_batch: 10 } as const
  bus.consume({ ...reading, group: "one", database, handle }).start()
  bus.consume({ ...reading, group: "two", handle }).start()
  await database.tx((sql) => emit(sql, [registered("k", 1)]))
  await until("both", () => handled === 2)
  // Whose handler isn't in the transaction moves on after it has handled.
  await until("both have moved on", async () => {
    const moved = await database.run((sql) => sql`select from resting.reader where version > 0`)
    return moved.length === 2
  })
  // Not the server's transaction counter: other databases of the same server move it on.
  const written = async () => {
    const rows = await database.run(
      (sql) => sql<{ place: string }>`
        select concat_ws(' ', tableoid, ctid, xmin) as place from resting.reader
        union all select concat_ws(' ', tableoid, ctid, xmin) from resting.inbox
        union all select concat_ws(' ', tableoid, ctid, xmin) from resting.outbox
        order by place`,
    )
    return rows.map((row) => row.place)
  }
  const before = await written()
  const polled = polls
  await until("many polls", () => polls > polled + 100)
  expect(before).not.toEqual([])
  expect(await written()).toEqual(before)
  await bus.close()
  await database.close()
})
