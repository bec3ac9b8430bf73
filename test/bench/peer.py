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
from transformers import BertForSequenceClassification  # by name, or its code would be read within the clock of loading
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
os.environ["TOKENIZERS_PARALLELISM"] = "true"
torch.set_num_threads(len(os.sched_getaffinity(0)))
task = json.loads(sys.argv[1])
half = task.get("precision") == "bf16"


def load(numLabels=2):
    return AutoModelForSequenceClassification.from_pretrained(task["model"], num_labels=numLabels, dtype=torch.float32)


def freeze(model, n):
    for name, parameter in model.named_parameters():
        blocks = [part for i in range(n) for part in (f"encoder.layer.{i}.", f".layers.{i}.")]
        frozen = ".embeddings" in name or any(block in name for block in blocks)
        parameter.requires_grad = n < 0 or not frozen
    return [p for p in model.parameters() if p.requires_grad]


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def encode(rows, tokenizer, classes):
    ids = tokenizer([row[task["text"]] for row in rows], truncation=True, max_length=task["maxLength"])["input_ids"]
    return [(x, classes.index(row[task["label"]])) for x, row in zip(ids, rows)]


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


class Training:
    """AdamW, a warm-up over the first tenth and a straight fall to 0, gradients of norm 1 at most: the kit's defaults."""

    def __init__(self, model, n, steps, learningRate):
        self.model = model
        self.trainable = freeze(model, n)
        rests = task.get("resting") and n >= 0
        self.resting = [model.bert.embeddings, *model.bert.encoder.layer[:n]] if rests else []
        self.optimizer = torch.optim.AdamW(self.trainable, lr=learningRate, weight_decay=0.01, fused=True)
        self.schedule = get_linear_schedule_with_warmup(self.optimizer, int(0.1 * steps), steps)

    def train(self):
        """Dropout fires, in what is frozen as well unless that is to rest."""
        self.model.train()
        for module in self.resting:
            module.eval()

    def step(self, ids, mask, y):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            loss = self.model(input_ids=ids, attention_mask=mask, labels=y).loss
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trainable, 1.0)
        self.optimizer.step()
        self.schedule.step()
        return loss.item()


def sweep():
    """By the clock on the wall, loading and tokenizing left out."""
    train, valid = read(task["train"]), read(task["valid"])
    classes = sorted({row[task["label"]] for row in train + valid})
    tokenizer = AutoTokenizer.from_pretrained(task["model"])
    train, valid = encode(train, tokenizer, classes), encode(valid, tokenizer, classes)
    trials = []
    for n in task["n"]:
        torch.manual_seed(task["seed"])
        draw = random.Random(task["seed"])
        model = load(len(classes))
        start = time.perf_counter()
        steps = task["epochs"] * -(-len(train) // task["batchSize"])
        training = Training(model, n, steps, task["learningRate"])
        for _ in range(task["epochs"]):
            training.train()
            for batch in batches(train, task["batchSize"], draw):
                training.step(*batch)
            model.eval()
            right = 0
            with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                for ids, mask, y in batches(valid, 64, None):
                    right += (model(input_ids=ids, attention_mask=mask).logits.argmax(-1) == y).sum().item()
        trial = {"n": n, "seconds": time.perf_counter() - start, "accuracy": right / len(valid)}
        print(f"N = {n}: {trial['seconds']:.2f} s, accuracy {trial['accuracy']:.4f}", flush=True)
        trials.append(trial)
    return {"trials": trials, "rows": [len(train), len(valid)]}


def steps():
    torch.manual_seed(0)
    model = load()
    training = Training(model, task["n"][0], task["steps"], 5e-5)
    training.train()
    ids = torch.randint(0, model.config.vocab_size, (task["batchSize"], task["tokens"]))
    y = torch.arange(task["batchSize"]) % 2
    seconds = []
    for _ in range(task["steps"]):
        start = time.perf_counter()
        training.step(ids, torch.ones_like(ids), y)
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds}


def gemm():
    """Some steps, and then what the products that they consist of take by themselves."""
    return {**steps(), "productSeconds": {"engine": [secondsOf(product) for product in task["products"]]}}


def secondsOf(product):
    """The median of at least five runs and half a second, after one that warms up."""

    def factor(rows, columns, transposed):
        return torch.rand(columns, rows).T if transposed else torch.rand(rows, columns)

    a = factor(product["m"], product["k"], product.get("transposeA"))
    b = factor(product["k"], product["n"], product.get("transposeB"))
    seconds, total = [], 0
    while len(seconds) < 6 or total < 0.5:
        start = time.perf_counter()
        torch.mm(a, b)
        seconds.append(time.perf_counter() - start)
        total += seconds[-1]
    return sorted(seconds[1:])[len(seconds[1:]) // 2]


def loading():
    """Seconds until the call has answered, each weight has been read once, and each trainable one written: as a step will do."""
    start = time.perf_counter()
    model = load()
    trainable = freeze(model, 0)
    seconds = [time.perf_counter() - start]
    with torch.inference_mode():
        sum(parameter.sum() for parameter in model.parameters()).item()
        seconds.append(time.perf_counter() - start)
        for parameter in trainable:
            parameter.mul_(1)
    return {"seconds": [*seconds, time.perf_counter() - start]}


def tokenizing():
    rows = read(task["train"])
    tokenizer = AutoTokenizer.from_pretrained(task["model"])
    start = time.perf_counter()
    tokenizer([row[task["text"]] for row in rows], truncation=True, max_length=task["maxLength"])
    return {"seconds": [time.perf_counter() - start], "rows": [len(rows)]}


answer = {"sweep": sweep, "steps": steps, "gemm": gemm, "load": loading, "tokenize": tokenizing}[task["kind"]]()
answer["peakRssBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
answer["threads"] = torch.get_num_threads()
answer["versions"] = {"torch": torch.__version__, "python": sys.version.split()[0]}
print("figures " + json.dumps(answer))
