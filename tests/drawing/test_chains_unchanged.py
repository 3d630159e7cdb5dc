"""Chains are drawn as they were before graphs were drawn as graphs: the same SVG, PDF and pixels."""

import json
from pathlib import Path

import pytest
from chains import CASES, digests

KEPT = json.loads(Path(__file__).with_name("chains.json").read_bytes())


def test_every_picture_has_its_digests():
    assert list(KEPT) == list(CASES)
    assert len(KEPT) >= 30
    assert sum("png" in kept for kept in KEPT.values()) >= 15


@pytest.mark.parametrize("name", CASES)
def test_a_chain_is_drawn_as_before(name):
    assert digests(name) == KEPT[name]
