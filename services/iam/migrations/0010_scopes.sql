-- The permissions that a token is for, of those its holder has; null for all of them.

alter table iam.api_token add column scopes text[];
