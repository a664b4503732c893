-- What has ended is found by its end, and removed a while later.

create index api_token_end on iam.api_token (least(revoked_at, expires_at))
  where least(revoked_at, expires_at) is not null;
create index invite_end on iam.invite (expires_at);
