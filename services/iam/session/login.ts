import type { Origin } from "../audit/caller.ts"
import type { Iam } from "../iam.ts"
import { checkPassword } from "../password/check.ts"
import type { Credentials } from "../user/credentials.ts"
import { grantOf } from "./grant.ts"
import { openSession } from "./open.ts"
import type { Grant } from "./shape.ts"

const unknown_origin: Origin = { device: "", address: undefined }

export const login =
  (iam: Iam) =>
  async (credentials: Credentials, origin: Origin = unknown_origin): Promise<Grant> => {
    const person = await checkPassword(iam, credentials, origin)
    const opened = await iam.database.tx((sql) => openSession(sql, iam.kit, { ...person, origin }))
    return grantOf(iam, opened.holder, opened.refresh_token)
  }
