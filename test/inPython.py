"""Makes and reads checkpoints as people do in Python: what inPython.ts asks for on stdin, as JSON, is answered on stdout.

make  {folder: config}: a random model of each config, saved by save_pretrained; answers its logits
read  {folder: null}:   loads each by from_pretrained; answers its logits, what loading found missing or too much, and all warnings
amp   {folder: types}:  loads each; answers its logits under torch.autocast with each of these types
scale {name: {"steps", "overflows"}}: torch.amp.GradScaler's scale before each step, of which some have infinite gradients
"""
import json, logging, os, sys, warnings

os.environ["HF_HUB_OFFLINE"] = "1"
import torch, transformers
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoModelForTokenClassification

said = []


class Listener(logging.Handler):
    def emit(self, record):
        if record.levelno >= logging.WARNING:
            said.append(record.getMessage())


def auto(architectures):
    return AutoModelForTokenClassification if "TokenClassification" in str(architectures) else AutoModelForSequenceClassification


def logits(model, rows):
    model.eval()
    with torch.no_grad():
        return model(**{name: torch.tensor(values) for name, values in rows.items()}).logits.float().tolist()


def make(folder, config, rows):
    torch.manual_seed(0)
    model = auto(config.get("architectures")).from_config(AutoConfig.for_model(config.pop("model_type"), **config))
    with torch.no_grad():  # As drawn, norms are all 1 and biases all 0, and a swapped pair would not show.
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    return {"logits": logits(model, rows)}


def read(folder, _, rows):
    said.clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # DeBERTa's module warns of this by itself when it is imported.
        warnings.filterwarnings("ignore", message=".*torch.jit.script")
        model, found = auto(AutoConfig.from_pretrained(folder).architectures).from_pretrained(folder, output_loading_info=True)
    keys = {name: sorted(map(str, keys)) for name, keys in found.items() if keys}
    dtype = str(model.dtype).removeprefix("torch.")
    return {
        "logits": logits(model, rows),
        "found": keys,
        "warnings": said + [str(warning.message) for warning in caught],
        "class": type(model).__name__,
        "dtype": dtype,
        "problemType": model.config.problem_type,
        "labels": model.config.id2label,
    }


def amp(folder, types, rows):
    model = auto(AutoConfig.from_pretrained(folder).architectures).from_pretrained(folder)
    answer = {}
    for name in types:
        with torch.autocast("cpu", dtype=getattr(torch, name)):
            answer[name] = logits(model, rows)
    return answer


def scale(_, asked, rows):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1e-3)
    scaler = torch.amp.GradScaler("cpu")
    scales = []
    for step in range(asked["steps"]):
        scales.append(scaler.get_scale())
        scaler.scale(parameter.sum()).backward()
        if step in asked["overflows"]:
            parameter.grad.fill_(torch.inf)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
    return scales


transformers.utils.logging.get_logger().addHandler(Listener())
transformers.utils.logging.disable_progress_bar()
asked = json.load(sys.stdin)
verb = {"make": make, "read": read, "amp": amp, "scale": scale}[sys.argv[1]]
json.dump({folder: verb(folder, what, asked["rows"]) for folder, what in asked["folders"].items()}, sys.stdout)
