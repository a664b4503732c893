import { join } from "node:path"
import type { Address, Engine } from "#deploy/engines/engine.ts"
import { kafka } from "#deploy/engines/kafka.ts"
import { mongo } from "#deploy/engines/mongo.ts"
import { postgres } from "#deploy/engines/postgres.ts"
import { versitygw } from "#deploy/engines/versitygw.ts"
import type { Ground } from "./ground.ts"
import type { Part } from "./part.ts"

const startEngine = async <Where extends Address>(
  ground: Ground,
  engine: Engine<Where>,
): Promise<Part<Where>> => {
  const { cache, data } = ground
  const folder = join(data, "engines", engine.name)
  await engine.install(cache)
  const start = (ports: readonly number[] | undefined) =>
    engine.start({ cache, folder, ...(ports && { ports }) })
  return ground.start({ name: engine.name, start })
}

/** All stores and the bus, side by side; documents may be in PostgreSQL. */
export const startEngines = async (ground: Ground) => {
  const [database, broker, documents, blobs] = await Promise.all([
    startEngine(ground, postgres),
    startEngine(ground, kafka),
    ground.environment.WF_DOCUMENTS === "postgres" ? undefined : startEngine(ground, mongo),
    startEngine(ground, versitygw),
  ])
  return { postgres: database, kafka: broker, versitygw: blobs, ...(documents && { mongo: documents }) }
}

export type Engines = Awaited<ReturnType<typeof startEngines>>
