import { allOf, pageCall } from "./pages.ts"

import { serviceAccountsOf } from "./service-accounts.ts"

import type { Invite, InviteCreated, Member, Page, PageOptions, Role, Workspace } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export type CreateWorkspace = { readonly name: string; readonly slug?: string }

export type CreateInvite = { readonly email: string; readonly role: Role; readonly expires_at?: string }

const root = "/api/v1/workspaces"

const pathOf = (id: string): string => `${root}/${encodeURIComponent(id)}`

/** Where one is a member, and who else is. */
export const workspacesOf = (transport: Transport) => {
  const post = <Answer>(path: string, json: unknown = {}) =>
    transport.json<Answer>({ method: "POST", path, json })
  const list = (options: PageOptions = {}) => transport.json<Page<Workspace>>(pageCall(root, options))
  return {
    list,
    all: (options: PageOptions = {}) => allOf(list, options),
    create: (workspace: CreateWorkspace) => post<Workspace>(root, workspace),
    get: (id: string) => transport.json<Workspace>({ path: pathOf(id) }),
    rename: (id: string, name: string) =>
      transport.json<Workspace>({ method: "PATCH", path: pathOf(id), json: { name } }),
    archive: (id: string) => post<Workspace>(`${pathOf(id)}/archive`),
    restore: (id: string) => post<Workspace>(`${pathOf(id)}/restore`),
    /** With the token that the inviter was shown. */
    accept: (token: string) => post<Workspace>("/api/v1/invites/accept", { token }),
    members: membersOf(transport),
    invites: invitesOf(transport),
    serviceAccounts: serviceAccountsOf(transport),
  }
}

const membersOf = (transport: Transport) => {
  const path = (id: string, user_id: string) => `${pathOf(id)}/members/${encodeURIComponent(user_id)}`
  const list = (id: string, options: PageOptions = {}) =>
    transport.json<Page<Member>>(pageCall(`${pathOf(id)}/members`, options))
  return {
    list,
    all: (id: string, options: PageOptions = {}) => allOf((page) => list(id, page), options),
    setRole: (id: string, user_id: string, role: Role) =>
      transport.json<Member>({ method: "PATCH", path: path(id, user_id), json: { role } }),
    /** Keeps them out, with their tokens for it and their streams, until they are resumed. */
    suspend: (id: string, user_id: string) =>
      transport.json<Member>({ method: "POST", path: `${path(id, user_id)}/suspend`, json: {} }),
    resume: (id: string, user_id: string) =>
      transport.json<Member>({ method: "POST", path: `${path(id, user_id)}/resume`, json: {} }),
    /** Oneself, too: that is leaving. */
    remove: (id: string, user_id: string) =>
      transport.json<undefined>({ method: "DELETE", path: path(id, user_id) }),
  }
}

const invitesOf = (transport: Transport) => {
  const list = (id: string, options: PageOptions = {}) =>
    transport.json<Page<Invite>>(pageCall(`${pathOf(id)}/invites`, options))
  return {
    list,
    all: (id: string, options: PageOptions = {}) => allOf((page) => list(id, page), options),
    create: (id: string, invite: CreateInvite) =>
      transport.json<InviteCreated>({ method: "POST", path: `${pathOf(id)}/invites`, json: invite }),
    revoke: (id: string, invite_id: string) =>
      transport.json<undefined>({
        method: "DELETE",
        path: `${pathOf(id)}/invites/${encodeURIComponent(invite_id)}`,
      }),
  }
}
