"""Drives a platform by a client that was generated from its document; what it saw goes to stdout as JSON."""

import json
import os
import sys
import time

sys.path.insert(0, sys.argv[1])

from client import AuthenticatedClient
from client.api.artifacts import get_artifact_usage
from client.api.executions import list_executions
from client.api.jobs import create_job, get_job
from client.api.runs import get_run, list_runs, list_task_runs, start_run
from client.api.workflows import push_workflow
from client.models import CreateJob, Problem, PushWorkflow, StartRun, StartRunInputs

SOURCE = """
name: from-python
inputs:
  who: { type: string }
tasks:
  greet:
    run: echo "hello=${{ inputs.who }}" >> "$WF_OUTPUT"
"""

client = AuthenticatedClient(base_url=os.environ["WF_URL"], token=os.environ["WF_TOKEN"])


def until(ask, is_done):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = ask()
        if is_done(found):
            return found
        time.sleep(0.05)
    raise SystemExit("it did not end within a minute")


version = push_workflow.sync(client=client, body=PushWorkflow(source=SOURCE))
inputs = StartRunInputs.from_dict({"who": "Ada"})
started = start_run.sync(client=client, body=StartRun(workflow="from-python", inputs=inputs), idempotency_key="py-1")
again = start_run.sync(client=client, body=StartRun(workflow="from-python", inputs=inputs), idempotency_key="py-1")
run = until(lambda: get_run.sync(started.id, client=client), lambda run: run.status == "completed")
tasks = list_task_runs.sync(started.id, client=client)
job = create_job.sync(client=client, body=CreateJob(type_="noop"))
done = until(lambda: get_job.sync(job.id, client=client), lambda job: job.status == "completed")
# What happened is written down behind the work.
attempts = until(lambda: list_executions.sync(client=client, run_id=started.id).items, len)
refused = start_run.sync_detailed(client=client, body=StartRun(workflow="nowhere"))

print(
    json.dumps(
        {
            "version": version.version,
            "same_run": started.id == again.id,
            "status": run.status,
            "outputs": tasks.items[0].outputs.to_dict(),
            "job": done.status,
            "listed": str(started.id) in [str(item.id) for item in list_runs.sync(client=client).items],
            "attempts": len(attempts),
            "used": get_artifact_usage.sync(client=client).bytes_,
            "refused": [int(refused.status_code), isinstance(refused.parsed, Problem), refused.parsed.code],
        },
        default=str,
    )
)
