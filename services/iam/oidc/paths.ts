/** All that browsers and programs ask for to sign in at a provider; the cookies of a sign-in are sent to these alone. */
export const oidc_root = "/api/v1/auth/oidc"

/** Where the provider sends browsers back to; it has to be registered there. */
export const callback_path = `${oidc_root}/callback`
