-- The queues that a worker with this token takes from; null for all of the workspace.

alter table iam.api_token add column queues text[];
