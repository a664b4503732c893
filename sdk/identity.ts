import { allOf, pageCall } from "./pages.ts"
import type {
  DeviceCode,
  KeyRotated,
  Login,
  Mailed,
  Me,
  OidcProvider,
  Page,
  PageOptions,
  Role,
  Session,
  Token,
  TokenCreated,
} from "./shapes.ts"

import type { Transport } from "./transport.ts"

const sessions_path = "/api/v1/auth/sessions"

export type Credentials = { readonly email: string; readonly password: string }

export type CreateToken = {
  readonly name: string
  readonly expires_at?: string
  readonly all_workspaces?: boolean
  readonly role?: Role
  /** The permissions that it is for, like `run.start`. */
  readonly scopes?: readonly string[]
  /** Workers with it take from these queues alone. */
  readonly queues?: readonly string[]
}

export const identityOf = (transport: Transport) => {
  const post = <Answer>(path: string, json: unknown) => transport.json<Answer>({ method: "POST", path, json })
  const sessions = (options: PageOptions = {}) =>
    transport.json<Page<Session>>(pageCall(sessions_path, options))
  return {
    login: (credentials: Credentials) => post<Login>("/api/v1/auth/login", credentials),
    /** For a device whose user signs in elsewhere: `deviceLogin` refuses with `device.pending` until they have. */
    deviceCode: () => post<DeviceCode>("/api/v1/auth/device/code", {}),
    deviceLogin: (device_code: string) => post<Login>("/api/v1/auth/device/token", { device_code }),
    decideDevice: (user_code: string, approve: boolean) =>
      post<undefined>("/api/v1/auth/device/approve", { user_code, approve }),
    /** Where people sign in with a browser, at a provider of their own. */
    oidcProvider: () => transport.json<OidcProvider>({ path: "/api/v1/auth/oidc/provider" }),
    /** For the code that such a browser has brought back. */
    redeemOidc: (code: { readonly code: string; readonly code_verifier: string }) =>
      post<Login>("/api/v1/auth/oidc/token", code),
    refresh: (refresh_token: string) => post<Login>("/api/v1/auth/refresh", { refresh_token }),
    logout: () => post<undefined>("/api/v1/auth/logout", {}),
    /** Where the platform sends mail, what to do next is in a mail, whoever has the address. */
    register: (user: Credentials & { readonly name: string }) =>
      post<Me | Mailed>("/api/v1/auth/register", user),
    /** With the token of the mail, and the password that was chosen. */
    verify: (token: string, password: string) => post<Me>("/api/v1/auth/verify", { token, password }),
    forgotPassword: (email: string) => post<Mailed>("/api/v1/auth/password/forgot", { email }),
    resetPassword: (token: string, password: string) =>
      post<undefined>("/api/v1/auth/password/reset", { token, password }),
    sessions,
    allSessions: () => allOf(sessions, {}),
    endSession: (id: string) =>
      transport.json<undefined>({ method: "DELETE", path: `${sessions_path}/${encodeURIComponent(id)}` }),
    /** Logs out everywhere, here too. */
    endSessions: () => transport.json<undefined>({ method: "DELETE", path: sessions_path }),
    /** The next key that access tokens are signed with; for owners of the platform's first workspace. */
    rotateKeys: () => post<KeyRotated>("/api/v1/auth/keys/rotate", {}),
    me: () => transport.json<Me>({ path: "/api/v1/auth/me" }),
    tokens: () => transport.json<Page<Token>>({ path: "/api/v1/tokens" }),
    createToken: (token: CreateToken) => post<TokenCreated>("/api/v1/tokens", token),
    deleteToken: (id: string) =>
      transport.json<undefined>({ method: "DELETE", path: `/api/v1/tokens/${encodeURIComponent(id)}` }),
  }
}
