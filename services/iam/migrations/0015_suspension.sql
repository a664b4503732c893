-- Members and accounts that are kept out until somebody lets them in again.

alter table iam.member add column suspended_at timestamptz;
alter table iam.user_account add column suspended_at timestamptz;

create index user_account_suspended on iam.user_account (id) where suspended_at is not null;
