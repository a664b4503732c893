const masked = "***"

const secret_name =
  /authorization|cookie|token|secret|signature|password|passphrase|credential|verifier|(api|private|master)[-_]?key|device_code|user_code|^value$|^x-amz-(credential|security)/i

/** Of what is a secret by its name, what isn't: which kind of token it is, and ids. */
const harmless_name = /^(token_type|token_id|secrets_used)$/i

const isSecretName = (name: string): boolean => secret_name.test(name) && !harmless_name.test(name)

const tokens = /\bwf[a-z]_[\w-]{6,}/g
const signed_tokens = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g
const hook_paths = /(\/hooks\/|\/services\/)[^\s"'?#<>]+/g
const user_info = /(\w:\/\/)[^\s/@"']+@/g
const parameters = /([?&])([\w.-]+)=([^\s&"'#<>]*)/g

/** Text without the secrets that are known by their form: our tokens, signatures of links, addresses of webhooks. */
export const maskText = (text: string): string =>
  text
    .replaceAll(tokens, (token) => `${token.slice(0, 4)}${masked}`)
    .replaceAll(signed_tokens, masked)
    .replaceAll(hook_paths, `$1${masked}`)
    .replaceAll(user_info, `$1${masked}@`)
    .replaceAll(parameters, (whole, sign: string, name: string) =>
      isSecretName(name) || secret_parameter.test(name) ? `${sign}${name}=${masked}` : whole,
    )

/** In an address these are never what they are elsewhere: names of kinds. */
const secret_parameter = /^(sig|key|code)$/i

const max_depth = 40

/** The same of what was JSON, and without what is a secret by its name, with all that is in it. */
export const maskValue = (value: unknown, depth = 0): unknown => {
  if (depth > max_depth) return masked
  if (typeof value === "string") return maskText(value)
  if (Array.isArray(value)) return value.map((one) => maskValue(one, depth + 1))
  if (typeof value !== "object" || value === null) return value
  // The code that a browser has brought back goes with its verifier; any other is the name of a kind.
  const is_secret = (name: string) => isSecretName(name) || (name === "code" && "code_verifier" in value)
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      is_secret(name) && inner !== null ? masked : maskValue(inner, depth + 1),
    ]),
  )
}

/** `Bearer ***`: how somebody signs in is no secret. */
export const maskHeader = (name: string, value: string): string => {
  if (!isSecretName(name)) return maskText(value)
  const [, scheme] = /^(Bearer|Basic) /i.exec(value) ?? []
  return scheme === undefined ? masked : `${scheme} ${masked}`
}
