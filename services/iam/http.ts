import { type App, createApp, type Doors } from "#kernel/http/app.ts"
import { mountCheck } from "./gateway/check.ts"
import type { Iam } from "./iam.ts"
import { mountInvites } from "./invite/http.ts"
import { mountMembers } from "./member/http.ts"
import { mountOidc, open_oidc_paths } from "./oidc/http.ts"
import { mountSession, open_session_paths } from "./session/http.ts"
import { mountTokens } from "./token/http.ts"
import { mountUser, open_user_paths } from "./user/http.ts"
import { mountWorkspaces } from "./workspace/http.ts"

/** For how long others may keep the public keys. */
const keys_max_age_s = 300

export const iamHttp = (iam: Iam, doors: Doors): App => {
  const app = createApp(doors, { open: [...open_user_paths, ...open_session_paths, ...open_oidc_paths] })
  mountCheck(app, doors.authenticate)
  mountUser(app, iam)
  mountSession(app, iam)
  mountTokens(app, iam)
  mountWorkspaces(app, iam)
  mountMembers(app, iam)
  mountInvites(app, iam)
  mountOidc(app, iam)
  app.get("/.well-known/jwks.json", (context) =>
    context.body(iam.keys.jwks, 200, {
      "content-type": "application/jwk-set+json",
      "cache-control": `public, max-age=${keys_max_age_s}`,
    }),
  )
  return app
}
