import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { runCommand } from "./command.ts"
import type { Engine } from "./engine.ts"
import { startGuarded } from "./guarded.ts"
import { installedFolder, installOnce } from "./install.ts"
import { takePorts } from "./ports.ts"
import { requireTools } from "./tools.ts"
import { versions } from "./versions.ts"

type S3Address = {
  readonly endpoint: string
  readonly region: string
  readonly access_key: string
  readonly secret_key: string
}

const name = "versitygw"
const version = versions.versitygw
const binary = (folder: string) => join(folder, "versitygw")

/** S3 over a folder. */
export const versitygw: Engine<S3Address> = {
  name,
  version,
  needs: ["go"],
  size: "45 MB; about a minute of compiling",
  async install(cache) {
    requireTools(name, this.needs)
    const build = async (folder: string) => {
      const source = `github.com/versity/versitygw/cmd/versitygw@v${version}`
      const words = [
        "env",
        "CGO_ENABLED=0",
        `GOBIN=${folder}`,
        "go",
        "install",
        "-trimpath",
        "-ldflags=-s -w",
        source,
      ]
      await runCommand({ words, folder })
    }
    await installOnce(cache, { name, version, build })
  },
  async start({ cache, folder, ports: wanted }) {
    const { port } = await takePorts(["port"], wanted)
    const keys = { access_key: "wf-engines", secret_key: "wf-engines-secret" }
    const region = "us-east-1"
    const data = join(folder, "data")
    await mkdir(data, { recursive: true })
    const endpoint = `http://127.0.0.1:${port}`
    const options = ["--port", `127.0.0.1:${port}`, "--region", region]
    const who = ["--access", keys.access_key, "--secret", keys.secret_key]
    return startGuarded({
      name,
      words: [binary(installedFolder(cache, { name, version })), ...options, ...who, "posix", data],
      folder,
      address: { endpoint, region, ...keys },
      ports: [port],
      // Without a signature S3 refuses; that it does so in XML shows that it is S3 that answers.
      ready: async () => (await (await fetch(endpoint)).text()).includes("<Error>"),
      ready_ms: 15_000,
    })
  },
}
