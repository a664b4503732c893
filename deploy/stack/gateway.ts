import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { envoy } from "#deploy/engines/envoy.ts"
import { type GatewayPlace, gatewayConfiguration } from "./configuration.ts"
import type { Ground } from "./ground.ts"
import type { Part } from "./part.ts"

export const startGateway = async (ground: Ground, place: GatewayPlace): Promise<Part> => {
  const { cache, data } = ground
  const folder = join(data, "engines", "envoy")
  const config = join(folder, "envoy.json")
  await mkdir(folder, { recursive: true })
  await Bun.write(config, await gatewayConfiguration(place))
  await envoy.install(cache)
  return ground.start({ name: envoy.name, start: () => envoy.start({ cache, folder, config }) })
}
