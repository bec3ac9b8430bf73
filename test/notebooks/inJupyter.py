"""python inJupyter.py FOLDER < notebook > notebook: runs a notebook's cells, also those after one that fails, in Jupyter's own
client. A kernel that ends is a last cell's output."""

import os
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

# What a cell's child processes write to stdout shall not come between.
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
notebook = nbformat.reads(sys.stdin.read(), as_version=4)
client = NotebookClient(
    notebook, allow_errors=True, timeout=300, kernel_name="python3", resources={"metadata": {"path": sys.argv[1]}}
)
try:
    client.execute()
except DeadKernelError:
    pass
out.write(nbformat.writes(notebook))
out.close()
