-- When a key begins to sign, so that everybody knows it by then, and when nothing that it signed is good any more.

alter table iam.signing_key add column signs_at timestamptz not null default now();
alter table iam.signing_key add column ends_at timestamptz;
