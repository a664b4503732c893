/** What a browser keeps of each host, and no more: enough to sign in by forms. */
export type Browser = {
  /** One request, whose redirect is not followed. */
  visit(url: string, form?: Readonly<Record<string, string>>): Promise<Response>
  /** Follows redirects for as long as they lead to where `within` says; answers where the next one leads. */
  follow(url: string, within: (url: string) => boolean): Promise<string>
  /** Signs in at a provider, and agrees to what is asked, until it leads back elsewhere. */
  signIn(url: string, person: string): Promise<string>
  /** What is kept of a host. */
  readonly cookies: Map<string, Map<string, string>>
}

const max_steps = 20

const keep = (kept: Map<string, string>, response: Response): void => {
  for (const line of response.headers.getSetCookie()) {
    const [pair = "", ...attributes] = line.split(";")
    const at = pair.indexOf("=")
    const name = pair.slice(0, at)
    const is_over = attributes.some((one) => /^\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(one))
    if (is_over) kept.delete(name)
    else kept.set(name, pair.slice(at + 1))
  }
}

export const openBrowser = (): Browser => {
  const cookies: Browser["cookies"] = new Map()
  const visit: Browser["visit"] = async (url, form) => {
    const { host } = new URL(url)
    const kept = cookies.get(host) ?? new Map<string, string>()
    cookies.set(host, kept)
    const response = await fetch(url, {
      method: form ? "POST" : "GET",
      redirect: "manual",
      headers: { cookie: [...kept].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form && { body: new URLSearchParams(form) }),
    })
    keep(kept, response)
    return response
  }
  const leadOf = (response: Response, from: string): string | undefined => {
    const location = response.headers.get("location")
    return location === null ? undefined : new URL(location, from).href
  }
  return {
    cookies,
    visit,
    async follow(url, within) {
      let next = url
      for (let step = 0; step < max_steps && within(next); step += 1) {
        const response = await visit(next)
        const lead = leadOf(response, next)
        if (lead === undefined)
          throw new Error(`${next} answered ${response.status}: ${await response.text()}`)
        next = lead
      }
      return next
    },
    async signIn(url, person) {
      const { origin } = new URL(url)
      let at = url
      let response = await visit(at)
      for (let step = 0; step < max_steps; step += 1) {
        const lead = leadOf(response, at)
        if (lead !== undefined && !lead.startsWith(origin)) return lead
        if (lead !== undefined) {
          at = lead
          response = await visit(at)
          continue
        }
        const page = await response.text()
        const [, action] = /<form[^>]* action="([^"]+)"/.exec(page) ?? []
        const [, prompt] = /name="prompt" value="([^"]+)"/.exec(page) ?? []
        if (action === undefined || prompt === undefined) {
          throw new Error(`${at} answered ${response.status}: ${page}`)
        }
        at = new URL(action, at).href
        response = await visit(at, { prompt, login: person, password: "any" })
      }
      throw new Error(`${url} leads round in circles`)
    },
  }
}
