/** Where links in mails lead. */
export const verify_path = "/account/verify"
export const reset_path = "/account/reset"
export const join_path = "/account/join"
