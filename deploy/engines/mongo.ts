import { join } from "node:path"
import { MongoClient } from "mongodb"
import type { Engine } from "./engine.ts"
import { startGuarded } from "./guarded.ts"
import { installedFolder, installOnce } from "./install.ts"
import { copyJars } from "./maven.ts"
import { takePorts } from "./ports.ts"
import { requireTools } from "./tools.ts"
import { versions } from "./versions.ts"

type MongoAddress = { readonly url: string }

const name = "mongo"
const version = versions.mongo

const answers = async (url: string): Promise<boolean> => {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1_000 })
  try {
    const { ok } = await client.db("admin").command({ ping: 1 })
    return ok === 1
  } finally {
    await client.close()
  }
}

/** A double that speaks MongoDB's protocol: no registry carries the real one. */
export const mongo: Engine<MongoAddress> = {
  name,
  version,
  needs: ["java", "mvn"],
  size: "6 MB",
  async install(cache) {
    requireTools(name, this.needs)
    const build = (folder: string) =>
      copyJars(folder, [["de.bwaldvogel", "mongo-java-server-h2-backend", version]])
    await installOnce(cache, { name, version, build })
  },
  async start({ cache, folder, ports: wanted }) {
    requireTools(name, ["java"])
    const jars = join(installedFolder(cache, { name, version }), "jars", "*")
    const { port } = await takePorts(["port"], wanted)
    const url = `mongodb://127.0.0.1:${port}`
    const source = join(import.meta.dir, "MongoDouble.java")
    return startGuarded({
      name,
      words: [
        "java",
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-cp",
        jars,
        source,
        String(port),
        join(folder, "data.mv"),
      ],
      folder,
      address: { url },
      ports: [port],
      ready: () => answers(url),
      ready_ms: 30_000,
    })
  },
}
