import { type HttpServer, serveHttp } from "#kernel/http/serve.ts"
import { type Kit, systemKit } from "#kernel/service/kit.ts"
import { type Browser, openBrowser } from "#kernel/testing/browser.ts"
import { startProvider, type TestProvider } from "#kernel/testing/provider.ts"
import { given, type IamHouse, type Person } from "../given.ts"
import { challengeOf } from "./begin.ts"
import { callback_path, oidc_root } from "./paths.ts"
import type { OidcSettings } from "./settings.ts"

/** What wants somebody to sign in, as a terminal's program does. */
export type Program = {
  readonly redirect_uri: string
  readonly verifier: string
  readonly code_challenge: string
  readonly state: string
}

export type SsoHouse = {
  readonly house: IamHouse
  readonly provider: TestProvider
  readonly url: string
  /** Whose workspace everybody comes into; signed in with a password. */
  readonly owner: Person
  /** Goes on with other settings. */
  reconfigure(more: Partial<OidcSettings>): void
  /** The clock of identity goes so far ahead. */
  ahead(ms: number): void
  close(): Promise<void>
}

export type Outcome = { readonly program: Program; readonly answer: URLSearchParams }

const random = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url")

export const sso = {
  program: async (): Promise<Program> => {
    const verifier = random()
    return {
      ...{ redirect_uri: "http://127.0.0.1:24999/back", verifier, state: random() },
      code_challenge: await challengeOf(verifier),
    }
  },

  startUrl: ({ url }: Pick<SsoHouse, "url">, { redirect_uri, code_challenge, state }: Program): string =>
    `${url}${oidc_root}/start?${new URLSearchParams({ redirect_uri, code_challenge, state })}`,

  /** To where the provider leads the browser back, with the person signed in there. */
  returned: async (it: SsoHouse, program: Program, who: { person: string; browser: Browser }) => {
    const start = await who.browser.visit(sso.startUrl(it, program))
    const location = start.headers.get("location")
    if (location === null) throw new Error(`the start answered ${start.status}: ${await start.text()}`)
    return new URL(await who.browser.signIn(location, who.person))
  },

  /** What the program hears when the browser comes back to the address. */
  heard: async (browser: Browser, callback: URL): Promise<URLSearchParams> => {
    const response = await browser.visit(callback.href)
    const location = response.headers.get("location")
    if (location === null)
      throw new Error(`the callback answered ${response.status}: ${await response.text()}`)
    return new URL(location).searchParams
  },

  /** The whole way of a browser, from a program and back to it. */
  signIn: async (it: SsoHouse, person: string, browser = openBrowser()): Promise<Outcome> => {
    const program = await sso.program()
    const callback = await sso.returned(it, program, { person, browser })
    return { program, answer: await sso.heard(browser, callback) }
  },

  redeem: async ({ url }: Pick<SsoHouse, "url">, code: string | null, code_verifier: string) => {
    const response = await fetch(`${url}${oidc_root}/token`, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "a terminal" },
      body: JSON.stringify({ code, code_verifier }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  },

  /** The access token of somebody who has signed in. */
  token: async (it: SsoHouse, person: string): Promise<string> => {
    const { program, answer } = await sso.signIn(it, person)
    const { body } = await sso.redeem(it, answer.get("code"), program.verifier)
    if (typeof body.access_token !== "string") throw new Error(`${answer} ${JSON.stringify(body)}`)
    return body.access_token
  },

  /** Everything that a sign-in can change, to compare. */
  state: ({ house }: SsoHouse) =>
    house.database.run(
      (sql) => sql`
        select
          (select json_agg(m order by user_id) from iam.member m) as members,
          (select json_agg(u order by id) from iam.user_account u) as people,
          (select json_agg(p order by user_id) from iam.password p) as passwords,
          (select json_agg(e order by subject) from iam.external_identity e) as identities,
          (select count(*)::int from iam.session where revoked_at is null) as sessions,
          (select count(*)::int from iam.sign_in_code) as codes,
          (select count(*)::int from iam.audit) as deeds,
          (select count(*)::int from iam.outbox) as facts`,
    ),

  /** Identity on a port, the provider it asks, and a workspace `default` with its owner. */
  house: async (more: Partial<OidcSettings> = {}): Promise<SsoHouse> => {
    let ahead_ms = 0
    const system = systemKit()
    const kit: Kit = { ...system, now: () => new Date(system.now().getTime() + ahead_ms) }
    let fetchIt: (request: Request) => Response | Promise<Response> = () =>
      new Response(null, { status: 500 })
    const server: HttpServer = serveHttp((request) => fetchIt(request), { host: "127.0.0.1", port: 0 })
    const url = `http://127.0.0.1:${server.port}`
    const provider = await startProvider(`${url}${callback_path}`)
    const settings: OidcSettings = {
      ...{ issuer: provider.issuer, client_id: provider.client_id, client_secret: provider.client_secret },
      ...{ scopes: "openid email profile", groups_claim: "groups", workspace: "default" },
      roles: new Map([
        ["admins", "admin"],
        ["builders", "developer"],
        ["watchers", "viewer"],
      ]),
      ...{ may_link_by_email: false, public_url: url, ...more },
    }
    const house = await given.house({ kit, oidc: settings })
    fetchIt = house.app.fetch
    return {
      ...{ house, provider, url, owner: await given.person(house, "Owner") },
      reconfigure: (others) => {
        fetchIt = house.appWith({ ...settings, ...others }).fetch
      },
      ahead: (ms) => {
        ahead_ms = ms
      },
      async close() {
        await server.stop()
        await Promise.all([provider.close(), house.close()])
      },
    }
  },
}
