#!/usr/bin/env python3
"""Tokens a second of the training that `cargo bench --bench training EXAMPLES.json` does, with PyTorch and PEFT.

    pip install torch transformers peft gguf
    training_by_peft.py FILE.gguf EXAMPLES.json [--frozen LAYERS] [--steps N]

Rank 16, alpha 32, all seven targets, batches of 4 padded to the longest, AdamW, f32 on the CPU. The first step is not counted.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

BATCH = 4
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weights", type=Path)
    parser.add_argument("examples", type=Path)
    parser.add_argument("--frozen", type=int, default=0)
    parser.add_argument("--steps", type=int, default=12)
    args = parser.parse_args()
    torch.set_num_threads(torch.get_num_threads())
    model = AutoModelForCausalLM.from_pretrained(
        args.weights.parent, gguf_file=args.weights.name, dtype=torch.float32
    )
    layers = list(range(args.frozen, model.config.num_hidden_layers))
    model = get_peft_model(
        model, LoraConfig(r=16, lora_alpha=32, target_modules=TARGETS, layers_to_transform=layers, lora_dropout=0.0)
    )
    model.train()
    trained = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=0.0)
    examples = json.loads(args.examples.read_text())
    tokens, started = 0, 0.0
    for step in range(args.steps):
        if step == 1:
            tokens, started = 0, time.perf_counter()
        batch = examples[step * BATCH % len(examples) :][:BATCH]
        longest = max(len(ids) for ids, _ in batch)
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        mask = torch.zeros(len(batch), longest, dtype=torch.long)
        labels = torch.full((len(batch), longest), -100)
        for row, (sequence, weights) in enumerate(batch):
            size = len(sequence)
            ids[row, :size] = torch.tensor(sequence)
            mask[row, :size] = 1
            labels[row, :size] = torch.tensor([i if w else -100 for i, w in zip(sequence, weights)])
            # What riskpref counts: the tokens that something is predicted from.
            tokens += max(at for at, weight in enumerate(weights) if weight)
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    rate = tokens / (time.perf_counter() - started)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"PyTorch + PEFT, {args.frozen} layers frozen: {rate:.0f} tokens/s, {memory:.1f} GB, last loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
