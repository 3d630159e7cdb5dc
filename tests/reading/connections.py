"""The connections of a description as plain dicts, for tests to compare."""

from __future__ import annotations

from sphinxext_layered.description import ModelDescription, call_ids


def sources(description: ModelDescription) -> dict[str, list[str] | None]:
    """Where each call's tensors come from, by name: ``{"sum": ["conv", "lstm:1"]}``; None where not known."""
    ids = call_ids(description)
    return {
        own: None
        if call.inputs is None
        else [ids[source.call] + (f":{source.output}" if source.output else "") for source in call.inputs]
        for own, call in zip(ids, description.calls, strict=True)
    }


def ends(description: ModelDescription) -> tuple[list[str], list[str]]:
    """The names of the calls that are a model's inputs and its outputs."""
    ids = call_ids(description)
    inputs, outputs = ([ids[end.source.call] for end in each] for each in (description.inputs, description.outputs))
    return inputs, outputs
