#!/usr/bin/env python3
"""Checks that `transformers` and `peft` make of an adapter what riskpref makes of it: the same greedy words, and log
probabilities within 1e-3.

    pip install torch transformers peft openai gguf
    adapter_by_peft.py BASE_URL MODEL ADAPTER BASE QUESTIONS.jsonl

BASE_URL is that of `riskpref serve`, MODEL the tuned model's name there, ADAPTER its folder (DATA_DIR/models/...), BASE the
weights that riskpref uses: a GGUF file, or a folder as `transformers` saves it. The exit status is 0 only if all agrees.
"""
import json
import sys
from pathlib import Path

import openai
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

COUNT = 10
TOKENS = 32
LARGEST_GAP = 1e-3


def loaded(base, adapter):
    folder, options = (base, {}) if base.is_dir() else (base.parent, {"gguf_file": base.name})
    tokens = AutoTokenizer.from_pretrained(folder, **options)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    return tokens, PeftModel.from_pretrained(model, adapter).eval()


def main():
    url, name, adapter, base, questions = sys.argv[1:]
    tokens, model = loaded(Path(base), adapter)
    client = openai.OpenAI(base_url=url, api_key="none")
    lines = Path(questions).read_text(encoding="utf-8").splitlines()[:COUNT]
    worst, changed, different = 0.0, 0.0, 0
    for line in lines:
        messages = [message for message in json.loads(line)["messages"] if message["role"] == "user"][:1]
        ours = client.chat.completions.create(model=name, messages=messages, temperature=0, max_tokens=TOKENS, logprobs=True,
                                              top_logprobs=20).choices[0]
        ids = tokens.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)["input_ids"]
        with torch.no_grad():
            said = model.generate(ids, max_new_tokens=TOKENS, do_sample=False)[0, ids.shape[1]:]
            theirs = torch.log_softmax(model(ids).logits[0, -1], -1)
            with model.disable_adapter():
                untuned = torch.log_softmax(model(ids).logits[0, -1], -1)
        text = tokens.decode(said, skip_special_tokens=True)
        different += text != ours.message.content
        # By rank, since the texts of tokens need not tell them apart.
        largest = torch.topk(theirs, 20)
        gaps = [abs(float(value) - top.logprob) for value, top in zip(largest.values, ours.logprobs.content[0].top_logprobs)]
        worst = max([worst, *gaps])
        changed = max(changed, float((theirs - untuned)[largest.indices].abs().max()))
        print(f"{max(gaps):.1e} {'same' if text == ours.message.content else 'OTHER'} {text[:60]!r}")
    print(f"{len(lines)} prompts: largest gap {worst:.1e} (the adapter changes up to {changed:.1e}), {different} other texts")
    return 1 if worst > LARGEST_GAP or different or changed < 10 * LARGEST_GAP else 0


if __name__ == "__main__":
    sys.exit(main())
