"""What is kept is whole or absent, whatever happened to its files."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinxext_layered import cache as caches
from sphinxext_layered.cache import DAY, MOST_STATES, Cache, digest_of, is_whole, slug_of, write_whole
from sphinxext_layered.description import LayerDescription, ModelDescription

KEY = digest_of("a request")
OTHER_KEY = digest_of("another request")


def model(name: str = "net") -> ModelDescription:
    layer = LayerDescription(index=0, name="dense", class_name="Dense", output_shapes=((None, 3),))
    return ModelDescription(name=name, class_name="Model", layers=(layer,))


def keep(cache: Cache, key: str = KEY, data: bytes | None = b"PNG") -> Path | None:
    given = {"name": "VGG 16", "suffix": ".png", "width": 30, "height": 10, "notes": {"alt": "a model"}}
    return cache.keep_picture(key, data, **given).path


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def test_an_empty_cache_has_nothing(cache: Cache) -> None:
    assert cache.states(KEY) == []
    assert cache.picture(KEY) is None
    assert cache.description(KEY) is None
    assert not cache.folder.exists()


def test_a_description_comes_back_with_what_it_was_made_from(cache: Cache) -> None:
    digest = cache.keep_description(KEY, {"files": {"a.py": "1"}}, model())
    (state,) = cache.states(KEY)
    assert (state.made_from, state.description) == ({"files": {"a.py": "1"}}, digest)
    assert cache.description(digest) == model()
    assert cache.has_description(digest)


def test_the_latest_five_states_are_kept_and_the_same_one_once(cache: Cache) -> None:
    for number in (1, 2, 3, 4, 5, 6, 2):
        cache.keep_description(KEY, {"version": number}, model(f"net{number}"))
    assert [state.made_from["version"] for state in cache.states(KEY)] == [2, 6, 5, 4, 3]
    assert len(cache.states(KEY)) == MOST_STATES


def test_a_picture_comes_back_with_its_size_and_notes(cache: Cache) -> None:
    path = keep(cache)
    stored = cache.picture(KEY)
    assert stored is not None
    assert stored.path == path
    assert path is not None
    assert path.read_bytes() == b"PNG"
    assert (stored.width, stored.height, stored.notes) == (30, 10, {"alt": "a model"})
    assert path.name == f"vgg-16-{hashlib.sha256(b'PNG').hexdigest()[:12]}.png"


def test_notes_alone_need_no_file(cache: Cache) -> None:
    keep(cache, data=None)
    stored = cache.picture(KEY)
    assert stored is not None
    assert stored.path is None
    assert stored.notes == {"alt": "a model"}


def test_a_cache_says_what_it_is_and_keeps_itself_out_of_version_control(cache: Cache) -> None:
    keep(cache)
    assert (cache.folder / ".gitignore").read_text() == "*\n"
    assert (cache.folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _alter(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(bytes(data))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [_cut, _alter, _empty, Path.unlink, _replace_by_folder])
def test_a_damaged_entry_is_a_miss_and_can_be_kept_again(cache: Cache, damage: Callable[[Path], None]) -> None:
    cache.keep_description(KEY, {}, model())
    keep(cache)
    (path,) = cache.folder.rglob("*-*.png")
    damage(path)
    stored = cache.picture(KEY)
    assert stored is None or not is_whole(path, stored.digest)
    assert cache.picture(KEY) is None
    for path in [
        path for kind in ("manifests", "descriptions") for path in (cache.folder / "1" / kind).rglob("*.json")
    ]:
        damage(path)
    assert cache.states(KEY) == []
    digest = digest_of(model().to_json())
    assert cache.description(digest) is None
    assert not cache.has_description(digest)
    if damage is not _replace_by_folder:
        digest = cache.keep_description(KEY, {}, model())
        keep(cache)
        assert cache.description(digest) == model()
        assert cache.picture(KEY) is not None


def test_swapped_entries_are_misses(cache: Cache) -> None:
    for key, name in ((KEY, "one"), (OTHER_KEY, "two")):
        cache.keep_description(key, {}, model(name))
        keep(cache, key, name.encode())
    for kind in ("manifests", "pictures"):
        one, two = (cache.folder / "1" / kind / key[:2] / f"{key}.json" for key in (KEY, OTHER_KEY))
        shutil.copy(one, two)
    assert cache.states(OTHER_KEY) == []
    assert cache.picture(OTHER_KEY) is None
    assert cache.picture(KEY) is not None


def test_an_entry_of_another_version_of_the_cache_is_a_miss(cache: Cache) -> None:
    keep(cache)
    (cache.folder / "1").rename(cache.folder / "0")
    assert cache.picture(KEY) is None


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "a/b-0123456789ab.png", "x-0123456789ab.py.sh"])
def test_a_record_cannot_lead_out_of_the_folder(cache: Cache, name: str) -> None:
    keep(cache)
    body = {"name": name, "digest": digest_of(b"PNG"), "width": 1, "height": 1, "notes": {}}
    cache._write_record("pictures", KEY, body)
    assert cache.picture(KEY) is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), seal=st.booleans())
def test_any_bytes_in_a_record_are_a_miss_and_never_an_error(tmp_path: Path, data: bytes, seal: bool) -> None:
    cache = Cache(tmp_path / "cache")
    for kind in ("manifests", "pictures"):
        path = cache.folder / "1" / kind / KEY[:2] / f"{KEY}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((digest_of(KEY.encode() + data).encode() + b"\n" if seal else b"") + data)
    assert cache.states(KEY) == []
    assert cache.picture(KEY) is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.dictionaries(
        st.sampled_from(["name", "digest", "width", "height", "notes", "states"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=80),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
            max_leaves=8,
        ),
    )
)
def test_a_sealed_record_of_the_wrong_shape_is_never_an_error(tmp_path: Path, body: dict[str, object]) -> None:
    cache = Cache(tmp_path / "cache")
    for kind in ("manifests", "pictures"):
        cache._write_record(kind, KEY, body)
    assert all(isinstance(state.description, str) for state in cache.states(KEY))
    stored = cache.picture(KEY)
    assert stored is None or stored.path is None


def test_a_failed_write_leaves_nothing_half_written(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(cache)

    def full(*args: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        keep(cache, OTHER_KEY, b"another")
    assert not list(cache.folder.rglob(".writing-*"))


def test_a_file_of_the_same_content_counts_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"same")

    def locked(*args: object) -> None:
        raise PermissionError("in use")

    monkeypatch.setattr(os, "replace", locked)
    write_whole(path, b"same")
    with pytest.raises(PermissionError):
        write_whole(path, b"different")


def test_processes_that_write_at_once_leave_whole_entries(cache: Cache) -> None:
    code = (
        "import sys; from pathlib import Path; from sphinxext_layered.cache import Cache, digest_of\n"
        "from sphinxext_layered.description import ModelDescription\n"
        "cache = Cache(Path(sys.argv[1]))\n"
        "for i in range(60):\n"
        "    key = digest_of(str(i % 5))\n"
        "    cache.keep_description(key, {'n': i % 3}, ModelDescription(name='m', class_name='M', layers=()))\n"
        "    p = cache.keep_picture(key, b'x' * 5000, name='m', suffix='.png', width=1, height=1, notes={})\n"
        "    assert cache.picture(key) == p and cache.states(key)\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(cache.folder)]) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert not list(cache.folder.rglob(".writing-*"))


def _age(cache: Cache, days: float) -> None:
    for path in cache.folder.rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - days * DAY,) * 2)


def test_pruning_removes_what_was_not_used_and_keeps_what_was(cache: Cache) -> None:
    keep(cache, KEY, b"old")
    keep(cache, OTHER_KEY, b"used")
    _age(cache, 90)
    assert cache.picture(OTHER_KEY) is not None
    pruned = cache.prune(older_than=60 * DAY)
    assert pruned.removed == 2
    assert cache.picture(KEY) is None
    assert cache.picture(OTHER_KEY) is not None
    assert (cache.folder / "CACHEDIR.TAG").exists()


def test_pruning_keeps_to_a_size_and_removes_the_longest_unused_first(cache: Cache) -> None:
    for number in range(5):
        keep(cache, digest_of(str(number)), bytes([number]) * 10_000)
        for path in cache.folder.rglob("*.*"):
            if number == 0 and path.is_file():
                os.utime(path, (time.time() - 5 * DAY,) * 2)
    pruned = cache.prune(larger_than=45_000)
    assert pruned.left <= 45_000
    assert cache.picture(digest_of("0")) is None
    assert cache.picture(digest_of("4")) is not None


def test_a_clock_that_jumped_back_prunes_nothing(cache: Cache) -> None:
    keep(cache)
    _age(cache, -4000)
    assert cache.prune().removed == 0


def test_pruning_removes_what_a_killed_build_left(cache: Cache) -> None:
    keep(cache)
    left = cache.folder / "1" / "pictures" / ".writing-0"
    left.write_bytes(b"half")
    os.utime(left, (time.time() - 2 * DAY,) * 2)
    cache.prune()
    assert not left.exists()
    assert cache.picture(KEY) is not None


def test_pruning_happens_now_and_then(cache: Cache) -> None:
    keep(cache)
    cache.prune_now_and_then()
    _age(cache, 0.5)
    keep(cache, OTHER_KEY, b"old")
    for path in (cache.folder / "1" / "pictures").rglob("*.*"):
        os.utime(path, (time.time() - 90 * DAY,) * 2)
    cache.prune_now_and_then()
    assert len(list(cache.folder.rglob("*.png"))) == 2
    os.utime(cache.folder / "1" / "pruned", (time.time() - 2 * DAY,) * 2)
    cache.prune_now_and_then()
    assert len(list(cache.folder.rglob("*.png"))) == 0


@pytest.mark.parametrize(
    ("text", "slug"),
    [("VGG16", "vgg16"), ("Größe/../x", "gr-e-x"), ("模型", "model"), ("a" * 300, "a" * 40), ("con", "con")],
)
def test_names_of_files_are_short_and_ascii(text: str, slug: str) -> None:
    assert slug_of(text) == slug


def test_a_long_folder_with_other_letters_is_safe(tmp_path: Path) -> None:
    cache = Cache(tmp_path / ("Größe 模型 " + "x" * 100))
    keep(cache)
    assert cache.picture(KEY) is not None


def test_looking_up_a_picture_reads_one_record_and_no_more(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = cache.keep_description(KEY, {}, model())
    keep(cache)
    read: list[str] = []
    original = caches._bytes_of
    monkeypatch.setattr(caches, "_bytes_of", lambda path, **given: read.append(str(path)) or original(path, **given))
    assert cache.picture(KEY) is not None
    assert cache.has_description(digest)
    assert [Path(path).name for path in read] == [f"{KEY}.json"]


@pytest.mark.parametrize("kind", ["pictures", "descriptions"])
def test_what_is_looked_up_counts_as_used(cache: Cache, kind: str) -> None:
    digest = cache.keep_description(KEY, {}, model())
    keep(cache)
    _age(cache, 90)
    cache.picture(KEY) if kind == "pictures" else cache.has_description(digest)
    cache.prune(older_than=60 * DAY)
    assert (cache.picture(KEY) is not None) == (kind == "pictures")
    assert cache.has_description(digest) == (kind == "descriptions")
