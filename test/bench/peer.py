"""The other side of the benches: the freezing recipe in PyTorch and Transformers. Takes a task as JSON, prints its figures as JSON."""
import csv
import json
import os
import random
import resource
import sys
import time

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
task = json.loads(sys.argv[1])
half = task.get("precision") == "bf16"


def load(numLabels=2):
    return AutoModelForSequenceClassification.from_pretrained(task["model"], num_labels=numLabels, dtype=torch.float32)


def freeze(model, n):
    for name, parameter in model.named_parameters():
        frozen = ".embeddings" in name or any(f"encoder.layer.{i}." in name for i in range(n))
        parameter.requires_grad = n < 0 or not frozen
    return [p for p in model.parameters() if p.requires_grad]


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [(row[task["text"]], row[task["label"]]) for row in csv.DictReader(file)]


def encode(rows, tokenizer, classes):
    ids = tokenizer([text for text, _ in rows], truncation=True, max_length=task["maxLength"])["input_ids"]
    return [(x, classes.index(y)) for x, (_, y) in zip(ids, rows)]


def batches(rows, size, shuffle):
    """Rows of similar length together, as group_by_length does and as the kit does."""
    order = list(range(len(rows)))
    if shuffle:
        shuffle.shuffle(order)
    span = size * 50 if shuffle else len(order)
    order = [i for s in range(0, len(order), span) for i in sorted(order[s : s + span], key=lambda i: -len(rows[i][0]))]
    groups = [order[i : i + size] for i in range(0, len(order), size)]
    if shuffle:
        shuffle.shuffle(groups)
    for group in groups:
        width = max(len(rows[i][0]) for i in group)
        ids = torch.zeros(len(group), width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for r, i in enumerate(group):
            ids[r, : len(rows[i][0])] = torch.tensor(rows[i][0])
            mask[r, : len(rows[i][0])] = 1
        yield ids, mask, torch.tensor([rows[i][1] for i in group])


def step(model, optimizer, trainable, ids, mask, y):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        loss = model(input_ids=ids, attention_mask=mask, labels=y).loss
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trainable, 1.0)
    optimizer.step()
    return loss.item()


def sweep():
    train, valid = read(task["train"]), read(task["valid"])
    classes = sorted({y for _, y in train + valid})
    tokenizer = AutoTokenizer.from_pretrained(task["model"])
    train, valid = encode(train, tokenizer, classes), encode(valid, tokenizer, classes)
    trials = []
    for n in task["n"]:
        torch.manual_seed(task["seed"])
        draw = random.Random(task["seed"])
        model = load(len(classes))
        trainable = freeze(model, n)
        optimizer = torch.optim.AdamW(trainable, lr=task["learningRate"], weight_decay=0.01, fused=True)
        steps = task["epochs"] * -(-len(train) // task["batchSize"])
        schedule = get_linear_schedule_with_warmup(optimizer, int(0.1 * steps), steps)
        start = time.perf_counter()
        for _ in range(task["epochs"]):
            model.train()
            for batch in batches(train, task["batchSize"], draw):
                step(model, optimizer, trainable, *batch)
                schedule.step()
            model.eval()
            right = 0
            with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                for ids, mask, y in batches(valid, 64, None):
                    right += (model(input_ids=ids, attention_mask=mask).logits.argmax(-1) == y).sum().item()
        trials.append({"n": n, "seconds": time.perf_counter() - start, "accuracy": right / len(valid)})
    return {"trials": trials}


def steps():
    torch.manual_seed(0)
    model = load()
    trainable = freeze(model, task["n"])
    optimizer = torch.optim.AdamW(trainable, lr=5e-5, fused=True)
    model.train()
    ids = torch.randint(0, model.config.vocab_size, (task["batchSize"], task["tokens"]))
    y = torch.arange(task["batchSize"]) % 2
    seconds = []
    for _ in range(task["steps"]):
        start = time.perf_counter()
        step(model, optimizer, trainable, ids, torch.ones_like(ids), y)
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds}


def loading():
    start = time.perf_counter()
    model = load()
    freeze(model, 0)
    return {"seconds": [time.perf_counter() - start]}


def tokenizing():
    rows = read(task["train"])
    tokenizer = AutoTokenizer.from_pretrained(task["model"])
    start = time.perf_counter()
    tokenizer([text for text, _ in rows], truncation=True, max_length=task["maxLength"])
    return {"seconds": [time.perf_counter() - start], "rows": len(rows)}


os.environ["TOKENIZERS_PARALLELISM"] = "true"
answer = {"sweep": sweep, "steps": steps, "load": loading, "tokenize": tokenizing}[task["kind"]]()
answer["peakRssBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
answer["versions"] = {"torch": torch.__version__, "python": sys.version.split()[0]}
print("figures " + json.dumps(answer))
