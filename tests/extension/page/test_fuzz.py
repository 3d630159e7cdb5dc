"""Files that a build left behind are altered at random: the next build is as one from scratch."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from project import Project


def altered(content: bytes, others: list[bytes], pick: random.Random) -> bytes | None:
    """Return other bytes in a file's place; None where it is to go."""
    kind = pick.randrange(8)
    if kind == 0:
        return None
    if kind == 1:
        return pick.choice(others)
    if kind == 2:
        return content[: pick.randrange(len(content) + 1)]
    if kind == 3:
        return content + pick.randbytes(pick.randrange(1, 40))
    if kind == 4:
        return pick.choice([b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 5000, b'{"states": 3}'])
    changed = bytearray(content or b"x")
    for _ in range(pick.choice([1, 1, 3, 20])):
        place = pick.randrange(len(changed))
        changed[place] = pick.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("seed", range(4))
def test_any_file_of_the_cache_and_the_record_may_be_altered(tmp_path: Path, seed: int) -> None:
    pick = random.Random(seed)
    project = Project(tmp_path)
    scratch = project.build()
    for _ in range(5):
        files = sorted(
            path
            for folder in (project.cache, project.out / "doctrees" / "layered_view")
            for path in folder.rglob("*")
            if path.is_file()
        )
        contents = [path.read_bytes() for path in files]
        for path, content in zip(files, contents, strict=True):
            if pick.random() < 0.6:
                new = altered(content, contents, pick)
                path.unlink() if new is None else path.write_bytes(new)
        if pick.random() < 0.5:
            project.edit("shared.py", "300", "301")
            project.build()
            project.edit("shared.py", "301", "300")
        outcome = project.build()
        if outcome.warnings:  # a picture and its description are both damaged, which is seen as the page is written
            assert outcome.warnings.count("damaged, or was removed") == outcome.warnings.count("WARNING")
            outcome = project.build()
        assert outcome.warnings == ""
        assert outcome.pages == scratch.pages
        assert outcome.images == scratch.images


def test_a_picture_and_its_description_that_are_both_damaged_are_made_by_the_next_build(tmp_path: Path) -> None:
    project = Project(tmp_path)
    scratch = project.build()
    for path in (*project.cache.rglob("descriptions/*/*.json"), *project.cache.rglob("pictures/*/*.png")):
        path.write_bytes(bytes(path.stat().st_size))
    project.edit("one.rst", "One", "Two")
    outcome = project.build()
    assert "one.rst:4: WARNING: nets:small: its description in the cache is damaged" in outcome.warnings
    project.edit("one.rst", "Two", "One")
    outcome = project.build()
    assert (outcome.warnings, outcome.pages, outcome.images) == ("", scratch.pages, scratch.images)


def test_a_record_without_its_parts_is_made_again(tmp_path: Path) -> None:
    project = Project(tmp_path)
    scratch = project.build()
    (record,) = (project.out / "doctrees" / "layered_view").glob("*.json")
    kept = record.read_text("utf-8")
    record.write_text("{}", "utf-8")
    outcome = project.build()
    assert (outcome.warnings, outcome.pages, outcome.images) == ("", scratch.pages, scratch.images)
    assert record.read_text("utf-8") == kept
