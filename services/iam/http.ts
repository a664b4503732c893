import { type App, createApp } from "#kernel/http/app.ts"
import type { Doors } from "#kernel/http/door.ts"
import { mountAccounts } from "./account/http.ts"
import { mountAudit } from "./audit/http.ts"
import { mountDevice, open_device_paths } from "./device/http.ts"
import { mountCheck } from "./gateway/check.ts"
import type { Iam } from "./iam.ts"
import { mountInvites } from "./invite/http.ts"
import { mountKeys } from "./key/http.ts"
import { mountMembers } from "./member/http.ts"
import { mountOidc, open_oidc_paths } from "./oidc/http.ts"
import { mountPages } from "./page/http.ts"
import { mountServiceAccounts } from "./service-account/http.ts"
import { mountSession, open_session_paths } from "./session/http.ts"
import { mountTokens } from "./token/http.ts"
import { mountUser, open_user_paths } from "./user/http.ts"
import { mountWorkspaces } from "./workspace/http.ts"

export const iamHttp = (iam: Iam, doors: Doors): App => {
  const app = createApp(doors, {
    open: [...open_user_paths, ...open_session_paths, ...open_device_paths, ...open_oidc_paths],
  })
  mountCheck(app, doors.authenticate)
  mountUser(app, iam)
  mountSession(app, iam)
  mountTokens(app, iam)
  mountWorkspaces(app, iam)
  mountMembers(app, iam)
  mountAccounts(app, iam)
  mountInvites(app, iam)
  mountServiceAccounts(app, iam)
  mountAudit(app, iam)
  mountOidc(app, iam)
  mountPages(app, iam)
  mountDevice(app, iam)
  mountKeys(app, iam)
  return app
}
