import { service } from "#kernel/service/service.ts"
import { iamConfig } from "./config.ts"
import { iamHttp } from "./http.ts"
import type { Iam } from "./iam.ts"
import { openKeys } from "./key/keys.ts"
import { iamLoops } from "./loops.ts"
import { openOidc } from "./oidc/oidc.ts"
import { oidcSettingsOf } from "./oidc/settings.ts"
import { argonPasswords } from "./password/argon.ts"
import { iamRpc } from "./rpc.ts"

export const iam = service({
  name: "iam",
  config: iamConfig,
  needs: ["database"],
  calls: ["iam"],
  migrations: new URL("./migrations", import.meta.url).pathname,
  start: async (platform, config) => {
    const { database, kit, log } = platform
    const oidc = openOidc(oidcSettingsOf(config), platform.key)
    const parts: Iam = {
      ...{ database, kit, oidc },
      keys: await openKeys(platform),
      passwords: argonPasswords(),
    }
    return {
      http: iamHttp(parts, { ...platform, service: "iam" }),
      rpc: iamRpc(parts, platform.authenticate),
      loops: iamLoops(database, log),
    }
  },
})
