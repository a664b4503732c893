import type { PlatformKey } from "#kernel/auth/platform-key.ts"
import type { Database } from "#kernel/database/database.ts"
import { smtpMail } from "#kernel/mail/smtp.ts"
import { type Loop, loop } from "#kernel/service/loop.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { cleanAudit } from "./audit/clean.ts"
import type { IamConfig } from "./config.ts"
import { cleanDevices } from "./device/clean.ts"
import type { Iam } from "./iam.ts"
import { rotateOldKeys } from "./key/rotate.ts"
import { cleanLinks } from "./letter/clean.ts"
import type { Letters } from "./letter/letter.ts"
import { sendLetters } from "./letter/send.ts"
import { cleanSignInCodes } from "./oidc/clean.ts"
import { cleanRevocations, cleanSessions } from "./session/clean.ts"
import { cleanThrottle } from "./throttle/clean.ts"
import { cleanEnded } from "./token/clean.ts"

const clean_ms = 600_000
/** Another instance's letters are found by looking. */
const look_ms = 1_000

/** Other instances' keys are known to each a long while before they sign. */
const keys_ms = 10_000

export const keyLoop = (iam: Iam, max_days: number, log: Log): Loop =>
  loop({ name: "iam.keys", round: rotateOldKeys(iam, max_days), idle_ms: keys_ms, log })

export const iamLoops = (
  { database, log }: Pick<Ground, "database" | "log">,
  { WF_KEEP_AUDIT_DAYS: keep_days }: Pick<IamConfig, "WF_KEEP_AUDIT_DAYS">,
): readonly Loop[] => [
  loop({ name: "iam.clean", round: cleanSessions(database), idle_ms: clean_ms, log }),
  loop({ name: "iam.forget", round: cleanRevocations(database), idle_ms: clean_ms, log }),
  loop({ name: "iam.throttle", round: cleanThrottle(database), idle_ms: clean_ms, log }),
  loop({ name: "iam.devices", round: cleanDevices(database), idle_ms: clean_ms, log }),
  loop({ name: "iam.codes", round: cleanSignInCodes(database), idle_ms: clean_ms, log }),
  loop({ name: "iam.ended", round: cleanEnded(database), idle_ms: clean_ms, log }),
  loop({ name: "iam.audit", round: cleanAudit({ database, log }, keep_days), idle_ms: clean_ms, log }),
  loop({ name: "iam.links", round: cleanLinks(database), idle_ms: clean_ms, log }),
]

type Ground = { readonly database: Database; readonly key: PlatformKey; readonly log: Log }

export type Postbox = { readonly letters: Letters; readonly loop: Loop }

/** How mail leaves, if the settings say where to. */
export const postbox = ({ database, key, log }: Ground, config: IamConfig): Postbox | undefined => {
  const { WF_SMTP_URL: url, WF_MAIL_FROM: from, WF_PUBLIC_URL: public_url } = config
  if (url === undefined || from === undefined || public_url === undefined) return undefined
  const mail = smtpMail({ url, from })
  const secret = key.derive("iam.letter")
  const round = sendLetters({ database, mail, letters: { secret, public_url }, log })
  const sending = loop({ name: "iam.letters", round, idle_ms: look_ms, log })
  return {
    letters: { secret, public_url, wake: sending.wake },
    loop: {
      ...sending,
      async stop() {
        await sending.stop()
        mail.close()
      },
    },
  }
}
