"""python inJupyter.py FOLDER < notebook > notebook: runs a notebook's cells, also those after one that fails, in Jupyter's own
client. A kernel that ends is a last cell's output."""

import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

notebook = nbformat.reads(sys.stdin.read(), as_version=4)
client = NotebookClient(
    notebook, allow_errors=True, timeout=300, kernel_name="python3", resources={"metadata": {"path": sys.argv[1]}}
)
try:
    client.execute()
except DeadKernelError:
    pass
sys.stdout.write(nbformat.writes(notebook))
