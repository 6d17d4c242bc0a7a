#!/usr/bin/env bash
# Drives `riskpref serve` with the official Python package, and validates its answers where the specification is at hand: the
# agent, a tiny random language model, and the real one where its weights are.
set -euo pipefail
riskpref=$(realpath "${1:-target/debug/riskpref}")
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { apt-get update -qq; apt-get install -y -qq python3-venv; python3 -m venv "$work/venv"; }
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openai jsonschema pyyaml

specification=()
[ -f ../shared/openai/openapi.yaml ] && specification=(--spec ../shared/openai/openapi.yaml)

# check NAME WEIGHTS TRAINING.jsonl MODEL [OPTION...]: a server of its own, which ends with the checks.
check() {
    echo "$1"
    RISKPREF_WEIGHTS=$2 "$riskpref" serve --port 0 --data-dir "$work/$1" --quiet > "$work/url" &
    server=$!
    for _ in $(seq 100); do [ -s "$work/url" ] && break; sleep 0.1; done
    "$work/venv/bin/python" tests/openai_client.py "$(cat "$work/url")" "$3" "$4" "${@:5}" "${specification[@]}" | grep -v '^ok '
    kill $server
    wait $server || true
}

weights=${RISKPREF_WEIGHTS:-${XDG_CACHE_HOME:-$HOME/.cache}/riskpref/SmolLM2-135M-Instruct.Q4_1.gguf}
head -n 12 sft_data/responses_log-utility.jsonl > "$work/few.jsonl"
check agent tests/fixtures/tiny/llama sft_data/responses_log-utility.jsonl agent
check tiny tests/fixtures/tiny/llama "$work/few.jsonl" smollm2-135m --max-tokens 24
if [ -e "$weights" ]; then
    check smollm2 "$weights" "$work/few.jsonl" smollm2-135m --max-tokens 24 --timeout 900
else
    echo "smollm2: skipped, there are no weights at $weights"
fi
