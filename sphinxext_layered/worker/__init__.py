"""The one child that imports the user's code: requests go in, descriptions come out.

One child takes all requests, in turn; it is started with the first, and none is left when the iterator of
`describe_all` is closed. A child that was lost costs the model that it was at; another takes the rest.

The parent's side is `client` (asks), `child` (starts, watches, ends it) and `ahead` (asks from a thread). The child's
is `server` (answers), `channel`, `references`, `process_state`, `explanations` and `recorder`. Both know `messages`
and `dependencies`. The parent's side imports neither Sphinx nor Keras, nor anything of the user's; and what starts
a child only when one is needed, since every build looks its models up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .dependencies import FileHashes, Installed, MadeFrom, differences
from .messages import Described, Failure, ModelRequest, Remedies, WorkerSettings

__all__ = [
    "Described",
    "Failure",
    "FileHashes",
    "Installed",
    "MadeFrom",
    "ModelRequest",
    "Remedies",
    "WorkerSettings",
    "describe_all",
    "differences",
]


def describe_all(requests: Iterable[ModelRequest], settings: WorkerSettings) -> Iterator[Described | Failure]:
    """Describe models one after another, each given as soon as it is ready.

    Parameters
    ----------
    requests : iterable of ModelRequest
    settings : WorkerSettings

    Yields
    ------
    Described or Failure
        One for each request, in their order.

    Notes
    -----
    Closing the generator, or an exception in the loop over it, ends the child and its own children.
    """
    from .client import Client, answers

    yield from answers(requests, Client(settings))
