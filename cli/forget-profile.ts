import type { ProfileFile } from "#kernel/config/profiles.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"
import { keychain } from "./keychain.ts"
import { withoutProfile } from "./profile-choice.ts"

/** Forgets a profile with its token. A keychain that can't be had is no reason to keep the rest. */
export const forgetProfile = (name: string, file: ProfileFile, io: Io): void => {
  const all = file.read()
  file.write(withoutProfile(name, all))
  io.note(`Forgot ${name}.`)
  if (!all.profiles[name]?.keychain) return
  try {
    keychain(io).remove(name)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    io.note(`Its token is still in the keychain: ${error.message}`)
  }
}
