"""Reads adapters as people do in Python: python readPeft.py BASE FOLDER, token ids of rows of one length as JSON on stdin; answers, as JSON, the
logits that PEFT's model gives, merged and not, and the layers that its config has it adapt."""
import json, sys

import torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification as Auto

base, folder = sys.argv[1:]
rows = json.load(sys.stdin)
model = PeftModel.from_pretrained(Auto.from_pretrained(base, attn_implementation="eager"), folder).eval()
given = {"input_ids": torch.tensor(rows["inputIds"]), "attention_mask": torch.tensor(rows["attentionMask"])}
layers = sorted(
    name.removeprefix("base_model.model.").removesuffix(".lora_A.default.weight")
    for name, _ in model.named_parameters()
    if name.endswith("lora_A.default.weight")
)
with torch.no_grad():
    apart = model(**given).logits.flatten().tolist()
    merged = model.merge_and_unload()(**given).logits.flatten().tolist()
json.dump({"apart": apart, "merged": merged, "layers": layers}, sys.stdout)
