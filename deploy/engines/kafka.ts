import { existsSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { Kafka, logLevel } from "kafkajs"
import { runCommand } from "./command.ts"
import type { Engine } from "./engine.ts"
import { startGuarded } from "./guarded.ts"
import { installedFolder, installOnce } from "./install.ts"
import { copyJars } from "./maven.ts"
import { takePorts } from "./ports.ts"
import { requireTools } from "./tools.ts"
import { versions } from "./versions.ts"

type KafkaAddress = { readonly broker: string }

const name = "kafka"
const version = versions.kafka

// One replica of everything and no waiting for members: a group is ready at once. A session of 3 s lets a broker
// that was killed register again soon; with the default of 9 s its place stays taken.
const properties = (folder: string, { broker, controller }: { broker: number; controller: number }) => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${broker}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(folder, "data")}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
default.replication.factor=1
min.insync.replicas=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
`

const java = (jars: string, words: readonly string[]) => [
  "java",
  "-Xmx384m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
  "-cp",
  join(jars, "*"),
  ...words,
]

const answers = async (broker: string): Promise<boolean> => {
  const client = new Kafka({
    clientId: "ready",
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  })
  const admin = client.admin()
  try {
    await admin.connect()
    const cluster = await admin.describeCluster()
    return cluster.brokers.length > 0 && cluster.controller !== null
  } finally {
    await admin.disconnect()
  }
}

/** A single broker that is its own controller. */
export const kafka: Engine<KafkaAddress> = {
  name,
  version,
  needs: ["java", "mvn"],
  size: "44 MB",
  async install(cache) {
    requireTools(name, this.needs)
    const build = (folder: string) =>
      copyJars(folder, [
        ["org.apache.kafka", "kafka_2.13", version],
        ["org.slf4j", "slf4j-simple", versions.kafka_log],
      ])
    await installOnce(cache, { name, version, build })
  },
  async start({ cache, folder, ports: wanted }) {
    requireTools(name, ["java"])
    const jars = join(installedFolder(cache, { name, version }), "jars")
    const ports = await takePorts(["broker", "controller"], wanted)
    const settings = join(folder, "server.properties")
    await mkdir(folder, { recursive: true })
    await Bun.write(settings, properties(folder, ports))
    if (!existsSync(join(folder, "data", "meta.properties"))) {
      const cluster = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url")
      const words = java(jars, [
        "kafka.tools.StorageTool",
        "format",
        `--cluster-id=${cluster}`,
        "-c",
        settings,
      ])
      await runCommand({ words, folder, max_ms: 60_000 })
    }
    const broker = `127.0.0.1:${ports.broker}`
    return startGuarded({
      name,
      words: java(jars, ["kafka.Kafka", settings]),
      folder,
      address: { broker },
      ports: [ports.broker, ports.controller],
      ready: () => answers(broker),
      ready_ms: 60_000,
    })
  },
}
