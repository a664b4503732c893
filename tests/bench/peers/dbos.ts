import { DBOS } from "@dbos-inc/dbos-sdk"
import type { Peer } from "./peer.ts"

const nothing = async () => undefined

/** In process: workflow and steps are functions that it records. */
export const peer: Peer = {
  async open({ postgres_url }) {
    DBOS.setConfig({
      name: "bench",
      systemDatabaseUrl: postgres_url.replace(/\/postgres$/, "/bench_dbos"),
      systemDatabasePoolSize: 20,
      logLevel: "error",
      runAdminServer: false,
    })
    const chain = DBOS.registerWorkflow(
      async (length: number) => {
        for (let index = 0; index < length; index += 1) await DBOS.runStep(nothing, { name: `s${index}` })
      },
      { name: "chain" },
    )
    const fanOut = DBOS.registerWorkflow(
      async (width: number) => {
        await Promise.all(
          Array.from({ length: width }, (_, index) => DBOS.runStep(nothing, { name: `s${index}` })),
        )
      },
      { name: "fan" },
    )
    await DBOS.launch()
    // Called as methods they would be taken for those of a configured instance.
    const flows = { chain: (length: number) => chain(length), fanOut: (width: number) => fanOut(width) }
    return { flows, close: () => DBOS.shutdown() }
  },
}
