/** What is refused because of who somebody is, or is not. */
export const identityKinds = {
  "auth.required": {
    status: 401,
    title: "You are not signed in",
    next: "Run `wf login`, or send a token as `Authorization: Bearer`.",
  },
  "auth.invalid": {
    status: 401,
    title: "The token is not valid",
    next: "Run `wf login` again, or use a fresh API token.",
  },
  "auth.wrong_credentials": {
    status: 401,
    title: "E-mail or password is wrong",
    next: "Check both and try again.",
  },
  "auth.too_many": {
    status: 429,
    title: "This was tried too often",
    next: "Try again after the time in `Retry-After`. From a place that you have signed in from before you may come in earlier.",
  },
  "device.pending": {
    status: 400,
    title: "Nobody has let this device in yet",
    next: "Ask again after the `interval`, until the codes end.",
  },
  "device.slow_down": {
    status: 429,
    title: "The device asks too often",
    next: "Wait for `Retry-After` between two questions from now on.",
  },
  "device.denied": { status: 403, title: "The device was refused", next: "Begin anew with `wf login`." },
  "device.not_found": {
    status: 404,
    title: "There is no device with this code, or not any more",
    next: "Check the code; `wf login` shows a new one.",
  },
  "oidc.not_set": {
    status: 404,
    title: "Nobody signs in to this platform through an identity provider",
    next: "Sign in with `wf login --email ADDRESS`, or ask whoever runs it; `WF_OIDC_ISSUER` names a provider.",
  },
  "oidc.unavailable": {
    status: 503,
    title: "The identity provider can't be reached",
    next: "Try again shortly. If it stays, ask whoever runs the platform: the provider or its settings are wrong.",
  },
  "oidc.not_valid": {
    status: 401,
    title: "The sign-in is not valid, or not any more",
    next: "Begin anew with `wf login --sso`.",
  },
  "oidc.not_allowed": {
    status: 403,
    title: "The identity provider doesn't let you in here",
    next: "Ask whoever manages your account there.",
  },
  "oidc.not_linked": {
    status: 409,
    title: "This e-mail address has an account that the identity provider doesn't know",
    next: "Sign in with its password, or ask whoever runs the platform to let accounts be taken over by address.",
  },
  "auth.forbidden": {
    status: 403,
    title: "You are not allowed to do this",
    next: "Ask an owner or admin of the workspace for a role that may.",
  },
  "auth.other_queue": {
    status: 403,
    title: "Your token is for other queues",
    next: "Name queues that it is for, or ask for a token that is for more.",
  },
  "link.not_valid": {
    status: 404,
    title: "The link is not valid, or not any more",
    next: "Ask for a new one: `wf account forgot` for a password, `wf account register` for an account.",
  },
  "mail.not_sent": {
    status: 409,
    title: "This platform sends no mail",
    next: "Ask whoever runs it; `WF_SMTP_URL` says where mail is handed over.",
  },
  "user.exists": {
    status: 409,
    title: "This e-mail address is registered already",
    next: "Sign in with `wf login`.",
  },
  "workspace.not_found": {
    status: 404,
    title: "There is no such workspace",
    next: "See `wf workspaces list`.",
  },
  "session.not_found": {
    status: 404,
    title: "There is no such session",
    next: "See `wf sessions list`; it may have ended already.",
  },
  "workspace.exists": {
    status: 409,
    title: "There is a workspace with this slug already",
    next: "Choose another slug, or leave it out to get one.",
  },
  "workspace.archived": {
    status: 409,
    title: "The workspace is archived: it can be read, and nothing is done in it",
    next: "An owner brings it back with `wf workspaces restore`.",
  },
  "workspace.too_many": {
    status: 409,
    title: "There are as many as there may be",
    next: "Take away what isn't needed any more first.",
  },
  "workspace.bound_token": {
    status: 403,
    title: "This token acts in its own workspace only",
    next: "Sign in as yourself: `wf login --url URL --email ADDRESS`.",
  },
  "member.not_found": { status: 404, title: "There is no such member", next: "See `wf members list`." },
  "member.exists": {
    status: 409,
    title: "They are a member already",
    next: "Change their role with `wf members role`.",
  },
  "service_account.not_found": {
    status: 404,
    title: "There is no such service account",
    next: "See `wf service-accounts list`.",
  },
  "service_account.exists": {
    status: 409,
    title: "There is a service account with this name already",
    next: "Choose another name, or make a token for the one there is.",
  },
  "member.above": {
    status: 403,
    title: "This is about a role above your own",
    next: "Ask somebody who has that role.",
  },
  "member.last_owner": {
    status: 409,
    title: "A workspace needs an owner, and this is the last one",
    next: "Make somebody else an owner first: `wf members role WHO owner`.",
  },
  "member.suspended": {
    status: 403,
    title: "You are suspended in this workspace",
    next: "Ask an owner or admin of the workspace; `wf members resume` lets you in again, with what you had.",
  },
  "account.suspended": {
    status: 403,
    title: "Your account is suspended",
    next: "Ask whoever runs the platform; `wf admin resume` lets you in again. Your API tokens then work as before.",
  },
  "account.not_found": {
    status: 404,
    title: "There is no such account",
    next: "See `wf admin accounts`, as an owner of the platform's first workspace.",
  },
  "suspension.own": {
    status: 409,
    title: "Nobody suspends themselves",
    next: "Ask another owner; `wf members leave` leaves a workspace, `wf sessions end --all` signs you out.",
  },
  "invite.not_found": {
    status: 404,
    title: "There is no such invitation, or not any more",
    next: "Ask whoever invited you for a new one; `wf members invites` lists those that are open.",
  },
  "invite.not_yours": {
    status: 403,
    title: "The invitation is for somebody else",
    next: "Sign in with the address that was invited.",
  },
  "token.not_found": { status: 404, title: "There is no such token", next: "See `wf tokens list`." },
} as const
