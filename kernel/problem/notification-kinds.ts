/** What is refused of subscriptions, deliveries and notifications. */
export const notificationKinds = {
  "subscription.not_found": {
    status: 404,
    title: "There is no such subscription",
    next: "See `wf subscriptions list`.",
  },
  "subscription.too_many": {
    status: 409,
    title: "There are as many subscriptions as there may be",
    next: "Delete some with `wf subscriptions delete ID`.",
  },
  "subscription.no_secret": {
    status: 409,
    title: "The subscription signs nothing",
    next: "Only webhooks have a secret.",
  },
  "mail.not_set": {
    status: 422,
    title: "This platform sends no mail",
    next: "Choose another channel, or ask whoever runs it to set `WF_SMTP_URL` and `WF_MAIL_FROM`.",
  },
  "notification.not_found": {
    status: 404,
    title: "There is no such notification",
    next: "See `wf inbox`.",
  },
  "notification.no_recipient": {
    status: 422,
    title: "Somebody who is to be told is no member of the workspace",
    next: "Correct `to`, or invite them: `wf members list` shows who is in.",
  },
  "stream.too_many": {
    status: 429,
    title: "You have as many streams open as you may",
    next: "Close some of them.",
  },
  "delivery.not_found": {
    status: 404,
    title: "There is no such delivery",
    next: "See `wf deliveries list`.",
  },
  "delivery.not_settled": {
    status: 409,
    title: "The delivery is still under way",
    next: "Wait for its end: `wf deliveries show ID` says when it is tried next.",
  },
} as const
