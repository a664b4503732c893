-- What a token may do at most, whatever its holder may; null for all that they may.

alter table iam.api_token add column role text;
