"""The handler in a process of its own, as Lambda starts it: the real runtime client, a read-only package."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest
from conftest import SERVE, http, package
from runtime_api import RuntimeApi
from zoo import MODELS

ROW = [0.5, -1.0, 2.0]


def environment(root, **more):
    """Variables that Lambda sets, and nothing of the machine's that Python would heed."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT", "TMPDIR", "HOME")}
    named = {"LAMBDA_TASK_ROOT": str(root), "PYTHONPATH": str(SERVE), "AWS_LAMBDA_FUNCTION_VERSION": "7"}
    return {**kept, **named, "_HANDLER": "mlfn_serve.entry.handler", "AWS_REGION": "eu-west-1", **more}


def run(root, code, **more):
    """Runs a line of Python against a package."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment(root, **more), capture_output=True, text=True, timeout=120, check=False)


def answer_of(root, event, **more):
    """The handler's answer in a new process, and its stderr."""
    code = f"import json; from mlfn_serve.entry import handler; print('ANSWER' + json.dumps(handler({event!r}, None)))"
    done = run(root, code, **more)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.partition("ANSWER")[2]), done.stderr


@pytest.mark.parametrize(("version", "release"), [("7", 7), ("$LATEST", "$LATEST"), ("", None)])
def test_release_numbers(tmp_path, version, release):
    root = package(tmp_path, model=MODELS["no_probabilities"]()[0])
    answer, _ = answer_of(root, [ROW], AWS_LAMBDA_FUNCTION_VERSION=version)
    assert answer["model"] == {"name": "demo", "release": release}


def test_without_a_task_root_the_package_is_where_the_code_is(tmp_path):
    import shutil

    root = package(tmp_path, model=MODELS["no_probabilities"]()[0])
    shutil.copytree(SERVE / "mlfn_serve", root / "mlfn_serve")
    answer, _ = answer_of(root, [ROW], LAMBDA_TASK_ROOT="", PYTHONPATH=str(root))
    assert len(answer["predictions"]) == 1


def test_dependencies_in_the_same_zip_are_found_after_the_users_own_code(tmp_path):
    function = "import deep, own\n\n\ndef predict(body):\n    return [deep.WHERE, own.WHERE]\n"
    artifact = {"kind": "python", "module": "app", "attribute": "predict"}
    root = package(tmp_path, artifact=artifact, code={"app.py": function, "own.py": "WHERE = 'code'\n"})
    (root / "dependencies").mkdir()
    for name in ("deep", "own"):
        (root / "dependencies" / f"{name}.py").write_text("WHERE = 'dependencies'\n", encoding="utf-8")
    assert answer_of(root, {})[0] == ["dependencies", "code"]


LOUD = """
import sys

print("printed at import")
sys.stdout.write("no end of line")


class Loud:
    def __setstate__(self, state):
        print("printed at load")

    def predict(self, rows):
        print("printed while predicting")
        return [len(row) for row in rows]
"""


def test_what_a_model_prints_breaks_nothing_and_classes_of_main_are_found(tmp_path):
    make = (
        "import sys, joblib, types; sys.path.insert(0, sys.argv[2]); exec(open(sys.argv[2] + '/loud.py').read());"
        "made = Loud(); made.kept = 1; joblib.dump(made, sys.argv[1])"
    )
    root = package(tmp_path, code={"loud.py": LOUD}, main={"Loud": "loud"})
    target = str(root / "model" / "m.joblib")
    subprocess.run([sys.executable, "-c", make, target, str(root / "code")], check=True, capture_output=True)
    answer, _ = answer_of(root, [[1, 2], [3, 4]])
    assert answer["predictions"] == [2, 2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda root: (root / "settings.json").unlink(), "settings.json of the package could not be read"),
        (lambda root: (root / "settings.json").write_text('{"schema": 9}'), "this serving code knows 1"),
        (lambda root: (root / "model" / "m.joblib").write_bytes(b"junk"), "m.joblib could not be loaded"),
        (lambda root: (root / "model" / "m.joblib").unlink(), "m.joblib could not be loaded: FileNotFoundError"),
    ],
)
def test_a_package_that_cannot_serve_says_why_in_one_sentence(tmp_path, change, told):
    root = package(tmp_path, model=MODELS["no_probabilities"]()[0])
    change(root)
    done = run(root, "import mlfn_serve.entry")
    assert done.returncode == 1
    assert told in done.stderr.strip().splitlines()[-1]


def test_objects_that_are_no_model_are_named(tmp_path):
    done = run(package(tmp_path, model={"weights": [1]}), "import mlfn_serve.entry")
    assert "holds a dict, which can neither predict nor transform" in done.stderr.strip().splitlines()[-1]


def test_n_jobs_starts_no_process_and_no_thread(tmp_path):
    root = package(tmp_path, model=MODELS["several_outputs"]()[0])
    code = (
        "import sys, threading; from mlfn_serve.entry import handler; answer = handler([[1.0, 2.0, 3.0]], None);"
        "assert answer['predictions'], answer;"
        "import joblib; assert joblib.parallel.mp is None; assert threading.active_count() == 1"
    )
    done = run(root, code)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_serving_code_itself_imports_next_to_nothing(tmp_path):
    artifact = {"kind": "python", "module": "app", "attribute": "echo"}
    root = package(tmp_path, artifact=artifact, code={"app.py": "def echo(payload):\n    return payload\n"})
    code = (
        "import sys, json, base64, importlib; known = set(sys.modules);"
        "from mlfn_serve.entry import handler; assert handler(1, None) == 1;"
        "print(sorted(set(name.partition('.')[0] for name in set(sys.modules) - known)))"
    )
    done = run(root, code)
    assert done.stdout.strip() == "['app', 'mlfn_serve']", done.stdout + done.stderr


def test_what_is_loaded_is_not_looked_through_for_garbage_again(tmp_path):
    root = package(tmp_path, model=MODELS["digits"]()[0])
    done = run(root, "import gc, mlfn_serve.entry; print(gc.isenabled(), gc.get_freeze_count() > 10_000, len(gc.get_objects()))")
    enabled, frozen, looked_through = done.stdout.split()
    assert (enabled, frozen) == ("True", "True"), done.stdout + done.stderr
    assert int(looked_through) < 1_000


def test_garbage_is_not_looked_for_where_the_user_switched_that_off(tmp_path):
    hooks = "import gc\n\ngc.disable()\n\n\ndef preprocess(body):\n    return body\n"
    root = package(tmp_path, model=MODELS["digits"]()[0], hooks="hooks", code={"hooks.py": hooks})
    done = run(root, "import gc, mlfn_serve.entry; print(gc.isenabled())")
    assert done.stdout.strip() == "False", done.stdout + done.stderr


def test_models_that_pick_no_column_by_name_need_no_pandas(tmp_path):
    (tmp_path / "pandas.py").write_text("raise ModuleNotFoundError('No module named pandas', name='pandas')\n")
    path = os.pathsep.join([str(tmp_path), str(SERVE)])
    for name, body in (("numbers_with_names", {"age": 60, "ca": 1}), ("digits", [0] * 64), ("ufunc_first", {"age": 1, "ca": 0})):
        answer, _ = answer_of(package(tmp_path / name, model=MODELS[name]()[0]), body, PYTHONPATH=path)
        assert len(answer["predictions"]) == 1
    done = run(package(tmp_path / "heart", model=MODELS["heart"]()[0]), "import mlfn_serve.entry", PYTHONPATH=path)
    assert "needs pandas, which is not in the package" in done.stderr.strip().splitlines()[-1]


@pytest.mark.skipif(importlib.util.find_spec("awslambdaric") is None, reason="the client has wheels for Linux only")
def test_with_the_real_runtime_client(tmp_path):
    root = package(tmp_path, model=MODELS["heart"]()[0])
    api = RuntimeApi()
    worker = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", "mlfn_serve.entry.handler"],
        env=environment(root, AWS_LAMBDA_RUNTIME_API=api.address, AWS_LAMBDA_FUNCTION_NAME="demo"),
    )
    try:
        record = {"age": 63, "chol": None, "ca": 0, "exang": True, "cp": "typical", "thal": "fixéd"}
        path, bare = api.call(record)
        assert path == "invocation/1/response"
        assert bare["model"] == {"name": "demo", "release": 7}
        _, web = api.call(http("POST", "/", record))
        assert (web["statusCode"], json.loads(web["body"])) == (200, bare)
        _, wrong = api.call(http("POST", "/", {**record, "age": "ü"}))
        assert (wrong["statusCode"], wrong["headers"]["content-type"]) == (422, "application/problem+json")
        _, page = api.call(http("GET", "/"))
        assert page["body"].startswith("<!doctype html>")
    finally:
        worker.kill()
        worker.wait()
        api.close()


@pytest.mark.skipif(importlib.util.find_spec("awslambdaric") is None, reason="the client has wheels for Linux only")
def test_the_real_runtime_client_reports_why_it_cannot_start(tmp_path):
    root = package(tmp_path, model=MODELS["no_probabilities"]()[0])
    (root / "model" / "m.joblib").write_bytes(b"junk")
    api = RuntimeApi()
    worker = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", "mlfn_serve.entry.handler"],
        env=environment(root, AWS_LAMBDA_RUNTIME_API=api.address),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        path, error = api.told.get(timeout=120)
        assert path == "init/error"
        assert error["errorType"] == "InitError"
        assert "m.joblib could not be loaded" in error["errorMessage"]
    finally:
        worker.kill()
        worker.wait()
        api.close()
