#!/usr/bin/env python3
"""Drives a server with the official `openai` package and validates its raw answers against the OpenAI specification.

    pip install openai jsonschema pyyaml
    openai_client.py BASE_URL TRAINING.jsonl MODEL [--spec openapi.yaml] [--timeout SECONDS] [--max-tokens N]

BASE_URL ends in /v1. TRAINING.jsonl has at least 10 examples that MODEL can be trained on. Without --spec no answer is
validated, and the other checks are made all the same. --max-tokens is for models that say much and slowly. The last line is
"N passed, N failed"; the exit status is 0 only if nothing failed.
"""

import argparse
import copy
import json
import sys
import time
import uuid
from pathlib import Path

import openai


class Checks:
    """Counts what held and what did not."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, name, holds, found=""):
        if holds:
            self.passed += 1
            print(f"ok    {name}")
        else:
            self.failed += 1
            print(f"FAIL  {name}: {found}")

    def equal(self, name, found, expected):
        self.check(name, found == expected, f"found {found!r}, expected {expected!r}")

    def error(self, name, kind, call, param=None, code=None):
        """`call` has to raise `kind`, with the official body."""
        try:
            call()
        except openai.APIStatusError as error:
            body = error.response.json()
            SPEC.validate(f"{name} (error body)", "ErrorResponse", body)
            found = (type(error).__name__, body["error"].get("param"), body["error"].get("code"))
            expected = (kind.__name__, param, code if code else found[2])
            self.equal(name, found, expected)
        else:
            self.check(name, False, "no error")


class Specification:
    """Schemas of the OpenAI specification (OpenAPI 3.1, so JSON Schema 2020-12)."""

    def __init__(self, path):
        self.components = None
        self.proven = set()
        if path:
            import jsonschema
            import yaml

            self.validator = jsonschema.Draft202012Validator
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            document = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=loader)
            self.components = modern(document["components"])

    def errors(self, schema, body):
        root = {"$ref": f"#/components/schemas/{schema}", "components": self.components}
        return [f"{error.json_path} {error.message[:200]}" for error in self.validator(root).iter_errors(body)]

    def validate(self, name, schema, body):
        if self.components is None:
            return
        faults = self.errors(schema, body)
        CHECKS.check(f"{name} is a {schema}", not faults, "; ".join(faults[:3]))
        if schema not in self.proven:
            self.proven.add(schema)
            self.prove(schema, body)

    def prove(self, schema, body):
        """Shows that the validation can fail: without any one required field the body is no longer valid."""
        for field in self.components["schemas"][schema].get("required", []):
            without = copy.deepcopy(body)
            without.pop(field, None)
            CHECKS.check(f"{schema} without '{field}' is invalid", bool(self.errors(schema, without)), "it validates")


def modern(schema):
    """The specification is OpenAPI 3.1 but keeps a form of 3.0, {minimum: 0, exclusiveMinimum: true}, which JSON Schema
    2020-12 would read as "above 1"."""
    if isinstance(schema, list):
        return [modern(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: modern(part) for key, part in schema.items()}
    if changed.get("exclusiveMinimum") is True:
        changed["exclusiveMinimum"] = changed.pop("minimum")
    return changed


def call(name, schema, function, /, *args, **kwargs):
    """Calls a method of the client, validates the raw body, and returns the client's own object."""
    response = function(*args, **kwargs)
    body = json.loads(response.http_response.text)
    SPEC.validate(name, schema, body)
    CHECKS.check(f"{name} has a request id", bool(response.http_response.headers.get("x-request-id")))
    return response.parse()


def models(client, model):
    listed = call("models.list", "ListModelsResponse", client.models.with_raw_response.list)
    CHECKS.check("the base model is listed", model in [entry.id for entry in listed.data])
    found = call("models.retrieve", "Model", client.models.with_raw_response.retrieve, model)
    CHECKS.equal("models.retrieve gives the model asked for", found.id, model)
    CHECKS.error("an unknown model is not found", openai.NotFoundError,
                 lambda: client.models.retrieve("gpt-none"), "model", "model_not_found")
    CHECKS.error("a base model cannot be deleted", openai.BadRequestError, lambda: client.models.delete(model), "model")


def files(client, path):
    content = path.read_bytes()
    raw = client.files.with_raw_response
    uploaded = call("files.create", "OpenAIFile", raw.create, file=(path.name, content), purpose="fine-tune")
    CHECKS.equal("the file's size", uploaded.bytes, len(content))
    CHECKS.equal("the file's name", uploaded.filename, path.name)
    found = call("files.retrieve", "OpenAIFile", raw.retrieve, uploaded.id)
    CHECKS.equal("files.retrieve gives what files.create gave", found, uploaded)
    listed = call("files.list", "ListFilesResponse", raw.list, purpose="fine-tune")
    CHECKS.check("the file is listed", uploaded.id in [entry.id for entry in listed.data])
    CHECKS.equal("files.content is what was sent", client.files.content(uploaded.id).read(), content)
    waited = client.files.wait_for_processing(uploaded.id, max_wait_seconds=10)
    CHECKS.equal("the file is processed", waited.status, "processed")
    empty = call("files.list of nothing", "ListFilesResponse", raw.list, purpose="vision", limit=1)
    CHECKS.equal("no file has another purpose", [entry.purpose for entry in empty.data if entry.purpose != "vision"], [])
    CHECKS.error("an unknown purpose is refused", openai.BadRequestError,
                 lambda: client.files.create(file=("x", b"x"), purpose="nonsense"), "purpose")
    CHECKS.error("an unknown file is not found", openai.NotFoundError, lambda: client.files.retrieve("file-00"), "id")
    return uploaded


def finish(client, job, timeout):
    """Polls the job until it ends."""
    deadline = time.monotonic() + timeout
    statuses = {"validating_files", "queued", "running", "succeeded", "failed", "cancelled"}
    while time.monotonic() < deadline:
        job = client.fine_tuning.jobs.retrieve(job.id)
        if job.status not in statuses:
            break
        if job.status in ("succeeded", "failed", "cancelled"):
            return job
        time.sleep(0.05)
    CHECKS.check(f"job {job.id} ends within {timeout} s", False, job.status)
    return job


def job(client, model, file, timeout):
    raw = client.fine_tuning.jobs.with_raw_response
    run = uuid.uuid4().hex
    hyperparameters = {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 2.0}
    created = call("jobs.create", "FineTuningJob", raw.create, model=model, training_file=file.id,
                   validation_file=file.id, suffix="conformance", seed=42, metadata={"run": run, "kind": "a b&c=d"},
                   method={"type": "supervised", "supervised": {"hyperparameters": hyperparameters}})
    CHECKS.equal("a new job has no model yet", created.fine_tuned_model, None)
    CHECKS.equal("the metadata comes back", created.metadata, {"run": run, "kind": "a b&c=d"})
    done = finish(client, created, timeout)
    CHECKS.equal("the job succeeds", (done.status, done.error), ("succeeded", None))
    call("jobs.retrieve", "FineTuningJob", raw.retrieve, created.id)
    CHECKS.check("the model's name", (done.fine_tuned_model or "").startswith(f"ft:{model}:"), done.fine_tuned_model)
    CHECKS.check("the suffix is part of it", ":conformance:" in (done.fine_tuned_model or ""), done.fine_tuned_model)
    CHECKS.equal("the seed", done.seed, 42)
    shown = done.method.supervised.hyperparameters.model_dump()
    CHECKS.equal("the hyperparameters, beside the engine's own", {name: shown.get(name) for name in hyperparameters}, hyperparameters)
    CHECKS.check("tokens are counted", (done.trained_tokens or 0) > 0, done.trained_tokens)
    CHECKS.check("it ended after it began", (done.finished_at or 0) >= done.created_at, done.finished_at)
    jobs_lists(client, raw, created, run)
    return done


def jobs_lists(client, raw, created, run):
    call("jobs.list", "ListPaginatedFineTuningJobsResponse", raw.list, limit=5)
    found = client.fine_tuning.jobs.list(metadata={"run": run})
    CHECKS.equal("jobs are found by metadata", [job.id for job in found.data], [created.id])
    none = client.fine_tuning.jobs.list(metadata={"run": "none"})
    CHECKS.equal("and only those that have it", none.data, [])
    events = call("events", "ListFineTuningJobEventsResponse", raw.list_events, created.id, limit=100)
    CHECKS.check("there are events", len(events.data) >= 3, len(events.data))
    times = [event.created_at for event in events.data]
    CHECKS.equal("events are newest first", times, sorted(times, reverse=True))
    whole = list(client.fine_tuning.jobs.list_events(created.id, limit=100))
    CHECKS.check("the first event is last", created.id in whole[-1].message, whole[-1].message)
    paged = [event.id for event in client.fine_tuning.jobs.list_events(created.id, limit=2)]
    CHECKS.equal("pages of two make the same list", paged, [event.id for event in whole])
    checkpoints = call("checkpoints", "ListFineTuningJobCheckpointsResponse",
                       client.fine_tuning.jobs.checkpoints.with_raw_response.list, created.id)
    CHECKS.check("the first of two epochs ends with a checkpoint", bool(checkpoints.data))
    for checkpoint in checkpoints.data[:1]:
        answer = client.chat.completions.create(model=checkpoint.fine_tuned_model_checkpoint, messages=QUESTION, **LIMIT)
        CHECKS.check("a checkpoint answers", bool(answer.choices[0].message.content))


def job_errors(client, model, file, timeout):
    jobs = client.fine_tuning.jobs
    CHECKS.error("an unknown training file is refused", openai.BadRequestError,
                 lambda: jobs.create(model=model, training_file="file-00"), "training_file")
    CHECKS.error("an unknown base model is refused", openai.BadRequestError,
                 lambda: jobs.create(model="gpt-none", training_file=file.id), "model")
    CHECKS.error("17 pairs of metadata are refused", openai.BadRequestError,
                 lambda: jobs.create(model=model, training_file=file.id, metadata={str(n): "" for n in range(17)}), "metadata")
    CHECKS.error("an unknown job is not found", openai.NotFoundError,
                 lambda: jobs.retrieve("ftjob-00"), "fine_tuning_job_id")
    bad = client.files.create(file=("bad.jsonl", b'{"messages": []}\n'), purpose="fine-tune")
    failed = finish(client, jobs.create(model=model, training_file=bad.id), timeout)
    CHECKS.equal("a bad file fails the job", failed.status, "failed")
    CHECKS.check("and says why", failed.error is not None and "line 1" in failed.error.message, failed.error)
    CHECKS.equal("and names the field", failed.error and failed.error.param, "training_file")
    call("jobs.retrieve of a failed job", "FineTuningJob", jobs.with_raw_response.retrieve, failed.id)
    CHECKS.error("an ended job cannot be cancelled", openai.BadRequestError, lambda: jobs.cancel(failed.id))
    CHECKS.error("jobs are not paused", openai.BadRequestError, lambda: jobs.pause(failed.id))
    cancel_one(client, model, file, timeout)


def cancel_one(client, model, file, timeout):
    """Cancels the last of several jobs, which waits for the others, unless the engine is quicker than we are."""
    jobs = client.fine_tuning.jobs
    started = [jobs.create(model=model, training_file=file.id) for _ in range(5)]
    try:
        cancelled = call("jobs.cancel", "FineTuningJob", jobs.with_raw_response.cancel, started[-1].id)
        CHECKS.equal("a cancelled job says so", cancelled.status, "cancelled")
        CHECKS.equal("and stays so", finish(client, started[-1], timeout).status, "cancelled")
    except openai.BadRequestError:
        CHECKS.equal("a job that was not cancelled had ended", finish(client, started[-1], timeout).status, "succeeded")
    ended = [finish(client, job, timeout) for job in started[:-1]]
    CHECKS.equal("the other jobs succeed", [job.status for job in ended], ["succeeded"] * 4)
    for job in ended:
        client.models.delete(job.fine_tuned_model)


def chat(client, model):
    create = client.chat.completions.create
    raw = client.chat.completions.with_raw_response.create

    def texts(**fields):
        return [choice.message.content for choice in create(model=model, messages=QUESTION, **LIMIT, **fields).choices]

    one = call("chat", "CreateChatCompletionResponse", raw, model=model, messages=QUESTION, **LIMIT)
    CHECKS.equal("the model answers as itself", one.model, model)
    CHECKS.check("in words", bool(one.choices[0].message.content))
    CHECKS.check("and stops by itself or at the limit", one.choices[0].finish_reason in (["stop", "length"] if LIMIT else ["stop"]))
    CHECKS.equal("usage adds up", one.usage.total_tokens, one.usage.prompt_tokens + one.usage.completion_tokens)
    CHECKS.check("usage counts", one.usage.prompt_tokens > 0 and one.usage.completion_tokens > 0, one.usage)
    many = call("chat with n", "CreateChatCompletionResponse", raw, model=model, messages=QUESTION, n=3, seed=1, **LIMIT)
    CHECKS.equal("n choices come numbered", [choice.index for choice in many.choices], [0, 1, 2])
    fields = {"n": 16, "seed": 7, "temperature": 1.0}
    CHECKS.equal("a seed fixes the answers", texts(**fields), texts(**fields))
    parts = [{"role": "user", "content": [{"type": "text", "text": QUESTION[0]["content"]}]}]
    answer = create(model=model, messages=parts, seed=7, **LIMIT).choices[0].message.content
    CHECKS.equal("content in parts is the same as content", [answer], texts(seed=7))
    for limit in ("max_tokens", "max_completion_tokens"):
        short = create(model=model, messages=QUESTION, **{limit: 1}).choices[0]
        CHECKS.equal(f"{limit} cuts", short.finish_reason, "length")
    chat_errors(client, model)


def chat_errors(client, model):
    create = client.chat.completions.create
    for field, value in [("n", 0), ("n", 129), ("temperature", 2.5), ("top_p", 1.5), ("max_tokens", 0), ("messages", []),
                         ("temperature", "hot"), ("model", "")]:
        given = {"model": model, "messages": QUESTION, field: value}
        CHECKS.error(f"{field}={value!r} is refused", openai.BadRequestError, lambda: create(**given), field)
    CHECKS.error("streaming is refused in words", openai.BadRequestError,
                 lambda: create(model=model, messages=QUESTION, stream=True), "stream", "unsupported_parameter")
    CHECKS.error("an unknown model does not answer", openai.NotFoundError,
                 lambda: create(model="gpt-none", messages=QUESTION), "model", "model_not_found")
    logprobs(client, model)
    CHECKS.error("an unknown route is answered in JSON", openai.NotFoundError,
                 lambda: client.post("/nothing", body={}, cast_to=object))


def logprobs(client, model):
    create = client.chat.completions.create
    probe = {"model": model, "messages": QUESTION, "logprobs": True, "top_logprobs": 3, "temperature": 0, **LIMIT}
    scoring = {"extra_body": {"score_endings": [" I", " You"]}}
    try:
        given = call("chat with logprobs", "CreateChatCompletionResponse",
                     client.chat.completions.with_raw_response.create, **probe).choices[0]
    except openai.BadRequestError:
        CHECKS.error("an engine without logprobs refuses them", openai.BadRequestError, lambda: create(**probe),
                     "logprobs", "unsupported_parameter")
        CHECKS.error("and endings to be scored", openai.BadRequestError,
                     lambda: create(model=model, messages=QUESTION, **scoring), "score_endings", "unsupported_parameter")
        return
    tokens = given.logprobs.content
    CHECKS.check("every token has its alternatives", bool(tokens) and all(len(token.top_logprobs) == 3 for token in tokens))
    CHECKS.check("at temperature 0 the likeliest is said", all(token.logprob == token.top_logprobs[0].logprob for token in tokens))
    ranked = [[top.logprob for top in token.top_logprobs] for token in tokens]
    CHECKS.check("alternatives are ranked, and no probability is above 1", all(r == sorted(r, reverse=True) and r[0] <= 0 for r in ranked))
    scored = create(model=model, messages=QUESTION, max_tokens=1, **scoring).choices[0].model_extra["ending_logprobs"]
    CHECKS.equal("endings are scored as what they are", ["".join(token["token"] for token in ending) for ending in scored], [" I", " You"])
    CHECKS.check("with log probabilities", all(token["logprob"] < 0 for ending in scored for token in ending), scored)


def batches(client, model, timeout):
    def line(name, **fields):
        body = {"model": model, "messages": QUESTION, "seed": 7, **fields}
        return json.dumps({"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body})

    content = "\n".join([line(f"good-{n}") for n in range(20)] + [line("bad", temperature=9)]) + "\n"
    file = client.files.create(file=("requests.jsonl", content.encode()), purpose="batch")
    raw = client.batches.with_raw_response
    fields = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
    created = call("batches.create", "Batch", raw.create, input_file_id=file.id, metadata={"kind": "a b"}, **fields)
    CHECKS.equal("the batch's metadata", created.metadata, {"kind": "a b"})
    done = finish_batch(client, created, timeout)
    CHECKS.equal("the batch completes", done.status, "completed")
    call("batches.retrieve", "Batch", raw.retrieve, created.id)
    CHECKS.equal("its counts", done.request_counts.model_dump(), {"total": 21, "completed": 20, "failed": 1})
    output = [json.loads(line) for line in client.files.content(done.output_file_id).text.splitlines()]
    CHECKS.equal("every line is answered once", sorted(line["custom_id"] for line in output), sorted(f"good-{n}" for n in range(20)))
    single = client.chat.completions.create(model=model, messages=QUESTION, seed=7).choices[0].message.content
    told = {line["response"]["body"]["choices"][0]["message"]["content"] for line in output}
    CHECKS.equal("a batch answers as a single request does", told, {single})
    for line in output[:1]:
        SPEC.validate("a batch's answer", "CreateChatCompletionResponse", line["response"]["body"])
    errors = [json.loads(line) for line in client.files.content(done.error_file_id).text.splitlines()]
    CHECKS.equal("the faulty line is an error", [(e["custom_id"], e["response"]["status_code"]) for e in errors], [("bad", 400)])
    listed = call("batches.list", "ListBatchesResponse", raw.list, limit=5)
    CHECKS.check("the batch is listed", created.id in [batch.id for batch in listed.data])
    batch_errors(client, file, fields, timeout)


def batch_errors(client, file, fields, timeout):
    create = client.batches.create
    CHECKS.error("an unknown input file is refused", openai.BadRequestError,
                 lambda: create(input_file_id="file-00", **fields), "input_file_id", "file_not_found")
    CHECKS.error("another endpoint is refused", openai.BadRequestError,
                 lambda: create(input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h"), "endpoint")
    CHECKS.error("an unknown batch is not found", openai.NotFoundError,
                 lambda: client.batches.retrieve("batch_00"), "batch_id")
    bad = client.files.create(file=("bad.jsonl", b"{}\n"), purpose="batch")
    failed = finish_batch(client, create(input_file_id=bad.id, **fields), timeout)
    CHECKS.equal("a bad file fails the batch", failed.status, "failed")
    CHECKS.check("and the line is named", failed.errors.data[0].line == 1, failed.errors)
    call("batches.retrieve of a failed batch", "Batch", client.batches.with_raw_response.retrieve, failed.id)
    CHECKS.error("an ended batch cannot be cancelled", openai.ConflictError, lambda: client.batches.cancel(failed.id))


def finish_batch(client, batch, timeout):
    """Polls the batch until it ends."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and batch.status not in ("completed", "failed", "expired", "cancelled"):
        time.sleep(0.05)
        batch = client.batches.retrieve(batch.id)
    return batch


def deletions(client, tuned, file):
    deleted = call("models.delete", "DeleteModelResponse", client.models.with_raw_response.delete, tuned)
    CHECKS.equal("the model is deleted", (deleted.id, deleted.deleted), (tuned, True))
    CHECKS.error("a deleted model is not found", openai.NotFoundError,
                 lambda: client.chat.completions.create(model=tuned, messages=QUESTION), "model", "model_not_found")
    deleted = call("files.delete", "DeleteFileResponse", client.files.with_raw_response.delete, file.id)
    CHECKS.equal("the file is deleted", (deleted.id, deleted.deleted), (file.id, True))
    CHECKS.error("a deleted file is not found", openai.NotFoundError, lambda: client.files.content(file.id), "id")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_url")
    parser.add_argument("training", type=Path)
    parser.add_argument("model")
    parser.add_argument("--spec", type=Path)
    parser.add_argument("--timeout", type=float, default=120.0)
    parser.add_argument("--max-tokens", type=int)
    arguments = parser.parse_args()
    global SPEC, QUESTION, LIMIT
    LIMIT = {"max_tokens": arguments.max_tokens} if arguments.max_tokens else {}
    SPEC = Specification(arguments.spec)
    with arguments.training.open(encoding="utf-8") as lines:
        first = json.loads(next(lines))
    QUESTION = [message for message in first["messages"] if message["role"] != "assistant"]
    client = openai.OpenAI(base_url=arguments.base_url, api_key="none", max_retries=0)
    try:
        models(client, arguments.model)
        file = files(client, arguments.training)
        done = job(client, arguments.model, file, arguments.timeout)
        tuned = call("models.retrieve of a tuned model", "Model", client.models.with_raw_response.retrieve, done.fine_tuned_model)
        chat(client, tuned.id)
        batches(client, tuned.id, arguments.timeout)
        job_errors(client, arguments.model, file, arguments.timeout)
        deletions(client, tuned.id, file)
    except Exception as error:  # what breaks off is a failure, and the count is printed all the same
        CHECKS.check("every step can be made", False, f"{type(error).__name__}: {error}")
    print(f"{CHECKS.passed} passed, {CHECKS.failed} failed")
    return 1 if CHECKS.failed else 0


CHECKS = Checks()
SPEC = None
QUESTION = None
LIMIT = {}

if __name__ == "__main__":
    sys.exit(main())
