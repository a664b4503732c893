import { service } from "#kernel/service/service.ts"
import { iamConsumers } from "./audit/consume.ts"
import { iamConfig } from "./config.ts"
import { iamHttp } from "./http.ts"
import type { Iam } from "./iam.ts"
import { openKeys } from "./key/keys.ts"
import { iamLoops, keyLoop, postbox } from "./loops.ts"
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
    const post = postbox(platform, config)
    const keys = await openKeys(platform)
    const parts: Iam = {
      database,
      kit,
      keys,
      passwords: argonPasswords(),
      oidc: openOidc(oidcSettingsOf(config), platform.key),
      letters: post?.letters,
      public_url: config.WF_PUBLIC_URL,
    }
    return {
      http: iamHttp(parts, { ...platform, service: "iam" }),
      rpc: iamRpc(parts, platform.authenticate),
      consumers: iamConsumers(database),
      loops: [
        ...iamLoops(platform, config),
        keyLoop(parts, config.WF_KEY_ROTATION_DAYS, log),
        ...(post ? [post.loop] : []),
      ],
    }
  },
})
