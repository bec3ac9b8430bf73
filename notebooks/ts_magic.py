"""%%ts: TypeScript cells in a Python notebook, for Kaggle and Colab, which offer no TypeScript kernel.

    import sys; sys.path.insert(0, "node_modules/frostkit/notebooks")
    %load_ext ts_magic

    %%ts
    const answer = 42;

    %%ts -i rows -o total              the Python variable `rows` comes in, the TypeScript variable `total` goes out
    const total = rows.length + answer;

All %%ts cells share one TypeScript kernel (tslab), which starts with the first of them and ends with Python. The stop button
stops the cell. `%ts_restart` forgets all variables. Values are handed over exactly or refused: whole numbers beyond 2^53 go in as text
only, NaN in a data frame (an array of rows, there) as null and elsewhere not at all, dates as their ISO text; a Map comes out as a
dictionary, a bigint as an int.
Needs Node.js 20 on the PATH, or where the variable FROSTKIT_NODE says.
"""

import atexit
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import zmq
from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import publish_display_data
from jupyter_client.session import Session

START_SECONDS = 60
POLL_MS = 100
# tslab refuses whatever arrives within 200 ms of an error.
REFUSED_SECONDS = 0.1
# Small values are written into the cell, where the compiler sees their types; a large one would take it long.
LITERAL_CHARACTERS = 20_000


class TypeScriptError(Exception):
    """What a %%ts cell ends with when it fails. The error itself stands above it, as TypeScript words it."""

    def _render_traceback_(self):
        return [f"TypeScriptError: {self}"]


class TypeScriptKernel:
    """One tslab process and the sockets to it; it is started when a cell needs it."""

    def __init__(self):
        self.process = None
        self.started = False

    def run(self, code):
        """Runs a cell to its end and passes on what it puts out. Raises a TypeScriptError where it fails."""
        if self.process is None or self.process.poll() is not None:
            self._restart()
        self._execute(code)

    def stop(self):
        """Ends the process and takes away its files."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        for socket in (self.shell, self.iopub):
            socket.close(0)
        self.context.term()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.process = None

    def _restart(self):
        if self.process is not None:
            sys.stdout.write(f"The TypeScript kernel had ended ({self._how_it_ended()}).\n")
        if self.started:
            sys.stdout.write("A new TypeScript kernel starts: run the %%ts cells above again for their variables.\n")
        self.stop()
        self._start()
        self.started = True

    def _start(self):
        command = kernel_command()
        self.folder = tempfile.mkdtemp(prefix="ts-")
        # Sockets that are files: no port has to be free.
        config = {"transport": "ipc", "ip": f"{self.folder}/socket", "signature_scheme": "hmac-sha256", "key": uuid4().hex}
        names = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
        config.update({name: i + 1 for i, name in enumerate(names)})
        path = Path(self.folder, "kernel.json")
        path.write_text(json.dumps(config))
        self.log = open(Path(self.folder, "log"), "w+", errors="replace")
        # A session of its own: the stop button's signal goes to Python alone, which passes it on.
        self.process = subprocess.Popen(
            [*command, str(path)], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )
        self.session = Session(key=config["key"].encode(), signature_scheme="hmac-sha256")
        self.context = zmq.Context()
        self.shell = self.context.socket(zmq.DEALER)
        self.iopub = self.context.socket(zmq.SUB)
        # Nothing is dropped, however much a cell prints.
        self.iopub.setsockopt(zmq.RCVHWM, 0)
        self.iopub.subscribe(b"")
        self.shell.connect(f"ipc://{config['ip']}:1")
        self.iopub.connect(f"ipc://{config['ip']}:2")
        try:
            self._wait_until_heard()
        except BaseException:
            self.stop()
            raise

    def _wait_until_heard(self):
        # Who subscribes misses what was published before: asks until an answer is seen.
        end = time.monotonic() + START_SECONDS
        while not self.iopub.poll(POLL_MS):
            if self.process.poll() is not None:
                raise TypeScriptError(f"the TypeScript kernel did not start ({self._how_it_ended()})")
            if time.monotonic() > end:
                raise TypeScriptError(f"the TypeScript kernel did not answer within {START_SECONDS} s")
            self.session.send(self.shell, "kernel_info_request", {})

    def _execute(self, code):
        status = "aborted"
        while status == "aborted":
            with Interrupts() as interrupts:
                status = self._attempt(code, interrupts)
            if status == "aborted":
                time.sleep(REFUSED_SECONDS)
        if interrupts.count > 0:
            raise TypeScriptError("stopped")
        if status != "ok":
            raise TypeScriptError("the cell failed, see above")

    def _attempt(self, code, interrupts):
        content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
        sent = self.session.send(self.shell, "execute_request", content)["header"]["msg_id"]
        relay, poller, status, idle, passed_on = Relay(), zmq.Poller(), None, False, 0
        poller.register(self.shell, zmq.POLLIN)
        poller.register(self.iopub, zmq.POLLIN)
        while status is None or not idle:
            ready = dict(poller.poll(POLL_MS))
            if self.iopub in ready:
                message = self.session.recv(self.iopub)[1]
                mine = message["parent_header"].get("msg_id") == sent
                idle |= mine and message["content"].get("execution_state") == "idle"
                relay.take(message["msg_type"], message["content"])
            if self.shell in ready:
                message = self.session.recv(self.shell)[1]
                if message["parent_header"].get("msg_id") == sent:
                    status = "aborted" if message["content"]["status"].startswith("abort") else message["content"]["status"]
            if not ready and self.process.poll() is not None:
                how = self._how_it_ended()
                self.stop()
                raise TypeScriptError(
                    f"the TypeScript kernel ended ({how}) and with it its variables; the next %%ts cell starts a new one"
                )
            if passed_on < interrupts.count:
                passed_on = interrupts.count
                self._interrupt(passed_on)
        relay.flush()
        return status

    def _interrupt(self, count):
        if count > 2:
            self.stop()
            raise TypeScriptError("the TypeScript kernel was ended, since the cell did not stop; its variables are gone")
        if count == 2:
            sys.stderr.write("Stop once more to end the TypeScript kernel, variables and all.\n")
        self.process.send_signal(signal.SIGINT)

    def _how_it_ended(self):
        code = self.process.poll()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        if code in (-signal.SIGKILL, -signal.SIGABRT):
            how += ", likely out of memory"
        self.log.seek(0)
        errors = [line.strip() for line in self.log if re.search(r"(error|cannot find)\b", line, re.I)]
        return f"{how}: {errors[-1]}" if errors else how


class Relay:
    """Puts what the TypeScript kernel sends out as this cell's own output."""

    def __init__(self):
        self.stream = sys.stdout

    def take(self, kind, content):
        if kind == "stream":
            stream = sys.stderr if content["name"] == "stderr" else sys.stdout
            # Python buffers each of the two by itself: they would come out of order.
            if stream is not self.stream:
                self.flush()
            self.stream = stream
            stream.write(content["text"])
        elif kind in ("display_data", "update_display_data", "execute_result"):
            self.flush()
            publish_display_data(
                data=content["data"],
                metadata=content.get("metadata") or {},
                transient=content.get("transient") or {},
                update=kind == "update_display_data",
            )
        elif kind == "error":
            sys.stderr.write("\n".join(content["traceback"]) + "\n")

    def flush(self):
        self.stream.flush()


class Interrupts:
    """Counts the stop button's signals instead of having them raise KeyboardInterrupt amid a message."""

    def __enter__(self):
        self.count = 0
        try:
            self.usual = signal.signal(signal.SIGINT, self._take)
        except ValueError:  # Not in the main thread, where signals never arrive.
            self.usual = None
        return self

    def __exit__(self, *_):
        if self.usual is not None:
            signal.signal(signal.SIGINT, self.usual)

    def _take(self, *_):
        self.count += 1


def kernel_command():
    """The kernel's command, but for the connection file."""
    node = os.environ.get("FROSTKIT_NODE") or shutil.which("node")
    if node is None:
        raise TypeScriptError("expected Node.js 20 or later on the PATH, found none; install it, or name it in FROSTKIT_NODE")
    places = [Path(__file__).resolve().parent.parent]
    places += [folder / "node_modules" / "frostkit" for folder in (Path.cwd(), *Path.cwd().parents)]
    for place in places:
        start = place / "dist" / "notebook" / "startKernel.js"
        if start.exists():
            return [node, "--enable-source-maps", str(start)]
    raise TypeScriptError(f"expected frostkit in node_modules of {Path.cwd()} or above it, found none: 06-kaggle.ipynb tells how to bring it")


# Beyond it a JavaScript number is not every whole number.
SAFE = 2**53 - 1


def to_json(name, value):
    """A Python value as JSON that JavaScript reads to the very same. Raises a UsageError that names the place of what it cannot hold."""
    return json.dumps(plain(name, value, ()), allow_nan=False)


def plain(place, value, within, missing=False):
    """The value in dictionaries, lists, texts and numbers. `missing`: in a pandas column, where NaN is what is not there."""
    if value is None or isinstance(value, (bool, str)):
        return value
    module = type(value).__module__.split(".")[0]
    if module == "pandas" and type(value).__name__ in ("NAType", "NaTType"):
        return None
    if module == "numpy":
        value = from_numpy(place, value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > SAFE:
            raise refused(place, f"{int(value)}, which no JavaScript number is", "; hand it in as text: str, or .astype(str) of a column")
        return int(value)
    if isinstance(value, float):
        if missing and value != value:
            return None
        if value != value or value in (float("inf"), float("-inf")):
            raise refused(place, str(value), "; None stands for what is not there")
        return float(value)
    if isinstance(value, str):
        return value
    if isinstance(value, (datetime.date, datetime.time)):  # a pandas Timestamp as well
        return value.isoformat()
    if any(value is outer for outer in within):
        raise refused(place, "an object that refers to itself")
    inside = (*within, value)
    if module in ("pandas", "polars"):
        return from_frame(place, value, inside)
    if isinstance(value, dict):
        keys = {key: str(key) for key in value if isinstance(key, (str, int)) and not isinstance(key, bool)}
        for key in value:
            if key not in keys:
                raise refused(f"{place}[{key!r}]", f"a {type(key).__name__} as key", "; keys are texts")
        if len(set(keys.values())) < len(keys):
            raise refused(place, "keys that are the same as text")
        return {text: plain(f"{place}[{key!r}]", value[key], inside, missing) for key, text in keys.items()}
    if isinstance(value, (list, tuple)):
        return [plain(f"{place}[{i}]", item, inside, missing) for i, item in enumerate(value)]
    if hasattr(value, "tolist"):  # tensors and other arrays
        return plain(place, value.tolist(), inside)
    raise refused(place, f"a {type(value).__name__}")


def from_numpy(place, value):
    """A number or nested lists of an array, as long as Python's numbers hold what is in it."""
    kind, size = value.dtype.kind, value.dtype.itemsize
    if kind not in "biufUO" or (kind == "f" and size > 8):
        raise refused(place, f"numbers of type {value.dtype}", "; convert them: .astype(str), or .astype(float)")
    return value.tolist()


def from_frame(place, value, inside):
    """A data frame as an array of rows, a series as an array."""
    if hasattr(value, "columns"):
        names = [str(name) for name in value.columns]
        doubled = next((name for name in names if names.count(name) > 1), None)
        if doubled is not None:
            raise refused(place, f"the column {doubled!r} twice")
        columns = [column(f"{place}.{names[i]}", series_of(value, i), inside) for i in range(len(names))]
        return [dict(zip(names, row)) for row in zip(*columns)] if columns else [{} for _ in range(len(value))]
    if hasattr(value, "tolist") or hasattr(value, "to_list"):
        return column(place, value, inside)
    raise refused(place, f"a {type(value).__name__}")


def series_of(frame, i):
    return frame.iloc[:, i] if hasattr(frame, "iloc") else frame.to_series(i)


def column(place, series, inside):
    items = series.to_list() if hasattr(series, "to_list") else series.tolist()
    return [plain(f"{place}[{i}]", item, inside, missing=True) for i, item in enumerate(items)]


def refused(place, came, advice=""):
    return UsageError(f"-i {place}: expected a value that JavaScript can hold as it is, got {came}{advice}")


# Those that a Python variable could be called.
TYPESCRIPT_WORDS = (
    "case catch const debugger default delete do enum export extends false function instanceof new null super switch this throw true "
    "typeof var void let static yield implements interface package private protected public"
).split()


def names_in(words):
    names = [name for word in words or [] for name in word.split(",") if name]
    for name in names:
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            raise UsageError(f"expected a variable's name, got {name!r}")
        if name in TYPESCRIPT_WORDS:
            raise UsageError(f"{name}: this word means something in TypeScript, where no variable can be called so; rename it")
    return names


# An error names the variable; where in these lines it was thrown is of no use.
OUT = """try {{
  // @ts-ignore: a name that nobody has declared is told of below
  require("node:fs").writeFileSync({path}, require({kit}).pythonJson({text}, {name}));
}} catch (error) {{
  error.stack = error instanceof ReferenceError ? "UsageError: -o {name}: there is no TypeScript variable of this name" : String(error);
  throw error;
}}"""


@magics_class
class TypeScriptMagics(Magics):
    def __init__(self, shell):
        super().__init__(shell)
        self.kernel = TypeScriptKernel()
        atexit.register(self.kernel.stop)

    @magic_arguments()
    @argument("-i", "--input", action="append", help="Python variables to hand in, as JSON")
    @argument("-o", "--output", action="append", help="TypeScript variables to hand out, as JSON")
    @cell_magic
    def ts(self, line, cell):
        """Runs the cell as TypeScript; state is kept between cells."""
        arguments = parse_argstring(self.ts, line)
        inputs, outputs = names_in(arguments.input), names_in(arguments.output)
        for name in inputs:
            if name not in self.shell.user_ns:
                raise UsageError(f"-i {name}: there is no Python variable of this name")
        values = {name: to_json(name, self.shell.user_ns[name]) for name in inputs}
        with tempfile.TemporaryDirectory(prefix="ts-values-") as folder:
            for name, text in values.items():
                self._hand_in(name, text, Path(folder, f"{name}.json"))
            self.kernel.run(cell)
            for name in outputs:
                self._hand_out(name, Path(folder, f"{name}.json"))

    @line_magic
    def ts_restart(self, line):
        """Ends the TypeScript kernel; the next %%ts cell starts a new one."""
        self.kernel.stop()
        self.kernel.started = False

    def _hand_in(self, name, text, path):
        value = text
        if len(text) > LITERAL_CHARACTERS or "__proto__" in text:
            path.write_text(text, encoding="utf-8")
            value = f'JSON.parse(require("node:fs").readFileSync({json.dumps(str(path))}, "utf8"))'
        self.kernel.run(f"const {name} = {value};")

    def _hand_out(self, name, path):
        kit = json.dumps(str(Path(kernel_command()[-1]).with_name("pythonJson.js")))
        self.kernel.run(OUT.format(kit=kit, path=json.dumps(str(path)), text=json.dumps(name), name=name))
        self.shell.user_ns[name] = json.loads(path.read_text(encoding="utf-8"))


def load_ipython_extension(shell):
    shell.register_magics(TypeScriptMagics(shell))
