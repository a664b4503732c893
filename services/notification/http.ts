import { type App, createApp } from "#kernel/http/app.ts"
import type { Doors } from "#kernel/http/door.ts"
import { mountDeliveries } from "./delivery/http.ts"
import { mountNotifications } from "./inbox/http.ts"
import type { Office } from "./office.ts"
import { mountSubscriptions } from "./subscription/http.ts"

export const notificationHttp = (office: Office, doors: Doors): App => {
  const app = createApp(doors)
  mountSubscriptions(app, office)
  mountNotifications(app, office)
  mountDeliveries(app, office)
  return app
}
