#!/usr/bin/env bash
# Chains the six subcommands against `riskpref serve`, on the shipped files, as a user's script would.
set -euo pipefail
riskpref=$(realpath "${1:-target/debug/riskpref}")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

"$riskpref" serve --port 0 --data-dir engine --quiet > url &
server=$!
for _ in $(seq 100); do [ -s url ] && break; sleep 0.1; done
OPENAI_BASE_URL=$(cat url)
export OPENAI_BASE_URL

"$riskpref" generate --questions "$root/question/questions_training_500.jsonl" --prompts "$root/prompt/improved_prompts.csv" \
    --output-dir train_dataset --batch-size 50 --teacher llm --model agent --delay 0
"$riskpref" audit train_dataset --prompts "$root/prompt/improved_prompts.csv"
"$riskpref" convert --input-dir train_dataset --output-dir sft_data --combine-all --show-samples --samples 1
"$riskpref" convert --validate-only --output-dir "$root/sft_data"
"$riskpref" train --sft-dir sft_data --model agent --no-wait
"$riskpref" train --sft-dir sft_data --model agent
"$riskpref" train --list-jobs
"$riskpref" evaluate --list-models
"$riskpref" evaluate --evals-dir "$root/evals" --model-mapping model_mappings.csv --output-dir results --num-runs 2 --sample-size 20
"$riskpref" judge --results-dir results/results_finance --judge-model agent
"$riskpref" analyze --results-dir results/results_finance --prompts "$root/prompt/improved_prompts.csv" --skip-evaluation
"$riskpref" analyze --results-dir results/results_quantitative --prompts "$root/prompt/improved_prompts.csv" --judge-model agent
"$riskpref" estimate results/results_finance/all_model_responses.csv --by model_name

for file in model_evaluation_results.png model_evaluation_results.pdf evaluation_summary.csv detailed_evaluation_results.csv; do
    test -s "results/analysis_finance/$file"
done
awk -F, '$2 == "optimal_decision" && $3 < 95 { print "not optimal:", $0; bad = 1 } END { exit bad }' results/analysis_finance/evaluation_summary.csv
echo "smoke test passed"
