"""Another model without another release: when it is taken up, by whom, and what answers while it cannot be."""

import hashlib
import json
import pathlib
import threading

import joblib
import pytest
from conftest import http
from mlfn_serve import reload
from mlfn_serve.problems import InitError
from mlfn_serve.start import start
from sklearn.dummy import DummyRegressor

ROWS = [[0.0], [1.0]]


class Bucket:
    """A folder as the local target keeps it: models by digest, and the pointer."""

    def __init__(self, root):
        self.root = root
        self.pointer = root / "pointer.json"

    def model(self, value, name="model.joblib"):
        path = self.root / name
        joblib.dump(DummyRegressor(strategy="constant", constant=value).fit(ROWS, [0, 0]), path)
        return self.add(path.read_bytes())

    def add(self, content):
        digest = hashlib.sha256(content).hexdigest()
        (self.root / digest).write_bytes(content)
        return {"schema": 1, "sha256": digest, "size": len(content), "file": "model.joblib", "format": "joblib"}

    def point(self, model, nonce="one", following=None):
        self.pointer.write_text(json.dumps({**model, "nonce": nonce, "next": following}))


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    folder = tmp_path / "models dir"
    folder.mkdir()
    made = Bucket(folder)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("MLFN_MODEL", (folder / ("0" * 64)).as_uri())
    monkeypatch.setenv("MLFN_MODEL_POINTER", made.pointer.as_uri())
    monkeypatch.setenv("MLFN_RELOAD", "300")
    return made


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1_000_000.0

        def time(self):
            return self.now

        def sleep(self, seconds):
            self.now += seconds

    made = Clock()
    monkeypatch.setattr(reload, "time", made)
    return made


def serve(tmp_path):
    root = tmp_path / "package"
    root.mkdir(exist_ok=True)
    artifact = {"kind": "model", "path": "model/model.joblib", "format": "joblib", "pointed": True}
    (root / "settings.json").write_text(json.dumps({"schema": 1, "name": "demo", "artifact": artifact, "main": {}}))
    return start(str(root), "3")


def asked(endpoint, nonce=None):
    headers = {} if nonce is None else {"x-mlfn-reload": nonce}
    answer = endpoint.handle(http("POST", body=[1.0], headers=headers), None)
    assert answer["statusCode"] == 200, answer
    told = json.loads(answer["body"])
    return told["predictions"][0], told["model"]["digest"]


def test_starts_with_the_model_that_is_named(bucket, clock, tmp_path):
    one = bucket.model(1.0)
    bucket.point(one)
    assert asked(serve(tmp_path)) == (1.0, one["sha256"][:16])


def test_a_newer_model_is_taken_up_when_it_is_time_and_not_before(bucket, clock, tmp_path):
    bucket.point(bucket.model(1.0))
    endpoint = serve(tmp_path)
    two = bucket.model(2.0)
    bucket.point(two)
    clock.now += 299
    assert asked(endpoint)[0] == 1.0
    clock.now += 1
    assert asked(endpoint) == (2.0, two["sha256"][:16])
    kept = [path.name for path in pathlib.Path(tmp_path / "tmp").iterdir()]
    assert kept == [two["sha256"][:16] + "-model.joblib"]
    health = json.loads(endpoint.handle(http("GET", "/healthz"), None)["body"])
    assert health["model"] == {"name": "demo", "release": 3, "digest": two["sha256"][:16]}


@pytest.mark.parametrize(
    "damage",
    [
        lambda bucket, two: (bucket.root / two["sha256"]).unlink(),
        lambda bucket, two: (bucket.root / two["sha256"]).write_bytes(b"something else"),
        lambda bucket, two: bucket.point({**two, "schema": 2}),
        lambda bucket, two: bucket.pointer.write_text("{"),
        lambda bucket, two: bucket.pointer.write_text('{"schema": 1}'),
        lambda bucket, two: bucket.pointer.unlink(),
        lambda bucket, two: bucket.point(bucket.add(b"\x80\x04no model")),
    ],
)
def test_what_cannot_be_served_leaves_the_model_before_in_place_and_is_tried_again(bucket, clock, tmp_path, capfd, damage):
    one = bucket.model(1.0)
    bucket.point(one)
    endpoint = serve(tmp_path)
    two = bucket.model(2.0)
    bucket.point(two)
    damage(bucket, two)
    for _ in range(2):
        clock.now += 300
        assert asked(endpoint) == (1.0, one["sha256"][:16])
        assert "Traceback" in capfd.readouterr().err
    two = bucket.model(2.0)
    bucket.point(two)
    clock.now += 300
    assert asked(endpoint) == (2.0, two["sha256"][:16])


def test_whoever_can_name_the_nonce_has_it_taken_up_at_once(bucket, clock, tmp_path):
    bucket.point(bucket.model(1.0))
    endpoint = serve(tmp_path)
    two = bucket.model(2.0)
    bucket.point(two, "another")
    clock.now += 5
    assert asked(endpoint, "one")[0] == 1.0  # the known one has nothing read
    assert asked(endpoint, "another") == (2.0, two["sha256"][:16])
    assert asked(endpoint)[0] == 2.0


@pytest.mark.parametrize("nonce", [None, "", 7])
def test_without_a_nonce_nobody_may(bucket, clock, tmp_path, nonce):
    one = bucket.model(1.0)
    bucket.point(one)
    endpoint = serve(tmp_path)
    bucket.point(one, nonce, bucket.model(2.0))
    for given in ("", "None", "one", "7", "\u00fc"):
        clock.now += 5
        assert asked(endpoint, given)[0] == 1.0


def test_a_candidate_answers_who_names_the_nonce_and_nobody_else(bucket, clock, tmp_path):
    one, two = bucket.model(1.0), bucket.model(2.0)
    bucket.point(one)
    endpoint = serve(tmp_path)
    bucket.point(one, "check", two)
    assert asked(endpoint, "check") == (2.0, two["sha256"][:16])
    assert asked(endpoint) == (1.0, one["sha256"][:16])
    assert asked(endpoint, "guess") == (1.0, one["sha256"][:16])
    clock.now += 300
    assert asked(endpoint)[0] == 1.0
    bucket.point(two, "go")
    (bucket.root / two["sha256"]).unlink()  # it is loaded already
    assert asked(endpoint, "go")[0] == 2.0
    assert asked(endpoint)[0] == 2.0
    kept = [path.name for path in pathlib.Path(tmp_path / "tmp").iterdir()]
    assert kept == [two["sha256"][:16] + "-model.joblib"]


def test_a_candidate_that_is_given_up_leaves_nothing(bucket, clock, tmp_path):
    one, two = bucket.model(1.0), bucket.model(2.0)
    bucket.point(one)
    endpoint = serve(tmp_path)
    bucket.point(one, "check", two)
    assert asked(endpoint, "check")[0] == 2.0
    bucket.point(one, "back")
    assert asked(endpoint, "back")[0] == 1.0
    kept = [path.name for path in pathlib.Path(tmp_path / "tmp").iterdir()]
    assert kept == [one["sha256"][:16] + "-model.joblib"]


def test_who_only_guesses_costs_ten_looks_a_second(bucket, clock, tmp_path, monkeypatch):
    bucket.point(bucket.model(1.0))
    endpoint = serve(tmp_path)
    looks = []
    read = endpoint._read
    monkeypatch.setattr(endpoint, "_read", lambda: (looks.append(clock.now), read()))
    for _ in range(50):
        assert asked(endpoint, "guess")[0] == 1.0
    assert len(looks) == 50
    assert looks[-1] - looks[0] > 4.8


def test_a_candidate_that_cannot_be_loaded_is_a_500_for_who_asked(bucket, clock, tmp_path):
    one, two = bucket.model(1.0), bucket.model(2.0)
    bucket.point(one)
    endpoint = serve(tmp_path)
    (bucket.root / two["sha256"]).unlink()
    bucket.point(one, "check", two)
    answer = endpoint.handle(http("POST", body=[1.0], headers={"X-Mlfn-Reload": "check"}), None)
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["type"]) == (500, "urn:mlfn:reload-failed")
    assert "is not there" in problem["detail"]
    assert asked(endpoint)[0] == 1.0


def test_without_an_interval_only_the_nonce_changes_it(bucket, clock, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFN_RELOAD", "0")
    bucket.point(bucket.model(1.0))
    endpoint = serve(tmp_path)
    bucket.point(bucket.model(2.0), "two")
    clock.now += 1e6
    assert asked(endpoint)[0] == 1.0
    assert asked(endpoint, "two")[0] == 2.0
    assert asked(endpoint)[0] == 2.0


def test_a_worker_does_not_start_without_its_model(bucket, tmp_path):
    with pytest.raises(InitError, match="could not be read"):
        serve(tmp_path)


def test_every_answer_is_of_one_model_while_it_changes(bucket, clock, tmp_path):
    values = {}
    for value in (1.0, 2.0):
        values[bucket.model(value)["sha256"][:16]] = value
    models = [bucket.model(1.0), bucket.model(2.0)]
    bucket.point(models[0])
    endpoint = serve(tmp_path)
    wrong, ended = [], threading.Event()

    def ask():
        while not ended.is_set():
            value, digest = asked(endpoint)
            if values[digest] != value:
                wrong.append((value, digest))

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for each in callers:
        each.start()
    for turn in range(40):
        bucket.point(models[turn % 2], f"turn {turn}")
        clock.now += 300
        asked(endpoint)
    ended.set()
    for each in callers:
        each.join()
    assert wrong == []
