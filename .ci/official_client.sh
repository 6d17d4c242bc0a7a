#!/usr/bin/env bash
# Drives `riskpref serve` with the official Python package, and validates its answers where the specification is at hand.
set -euo pipefail
riskpref=$(realpath "${1:-target/debug/riskpref}")
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { apt-get update -qq; apt-get install -y -qq python3-venv; python3 -m venv "$work/venv"; }
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openai jsonschema pyyaml

"$riskpref" serve --port 0 --data-dir "$work/engine" --quiet > "$work/url" &
server=$!
for _ in $(seq 100); do [ -s "$work/url" ] && break; sleep 0.1; done

specification=()
[ -f ../shared/openai/openapi.yaml ] && specification=(--spec ../shared/openai/openapi.yaml)
"$work/venv/bin/python" tests/openai_client.py "$(cat "$work/url")" sft_data/responses_log-utility.jsonl agent "${specification[@]}" | grep -v '^ok '
