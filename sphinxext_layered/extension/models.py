"""Where descriptions come from: the cache, the project's committed files, a description file, the child process."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sphinx.util import logging

from ..cache import digest_of
from ..errors import DescriptionError, LayeredViewError
from ..worker import Described, Failed, ModelRequest, WorkerSettings
from ..worker.dependencies import MadeFrom
from . import committed
from .places import descriptions_folder
from .request import Failure
from .wants import model_key

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from ..description import ModelDescription
    from ..worker.ahead import Ahead
    from .sources import Sources
    from .store import Store

logger = logging.getLogger(__name__)


class Found(NamedTuple):
    """A description at hand.

    Attributes
    ----------
    digest : str
    description : ModelDescription or None
        None while it lies in the cache.
    stale : tuple of str
        What differs from what it was made from.
    made_from : MadeFrom or None
        None where that is not known.
    """

    digest: str
    description: ModelDescription | None = None
    stale: tuple[str, ...] = ()
    made_from: MadeFrom | None = None


class Models:
    """Finds and makes descriptions, for one build."""

    def __init__(self, app: Sphinx, store: Store, sources: Sources) -> None:
        self.app = app
        self.store = store
        self.sources = sources
        self.root = sources.root
        self.committing_failed = ""
        self._asked: dict[ModelRequest, None] = {}
        self._ahead: Ahead | None = None

    @property
    def mode(self) -> str:
        """``auto``, ``refresh`` or ``cached``."""
        return str(self.app.config.layered_view_mode)

    # -- finding -------------------------------------------------------------------------------------

    def find(self, model: ModelRequest) -> Found | Failure | None:
        """Give a model's description or why it has none; None where it is to be made."""
        refused = self._refused(model)
        if refused is not None:
            return refused
        if model.file and model.file.endswith(".json"):
            described = self._in_file(model.file)
            if described is not None:
                return described
        if self.mode == "refresh":
            return None
        cached = self.mode == "cached"
        candidates = self._candidates(model)
        stale = None
        for found in candidates:
            if not found.stale:
                return found
            stale = stale or found
        if not cached:
            return None
        return stale or Failure(subtype="missing", message=_missing(self.app, model))

    def _candidates(self, model: ModelRequest) -> Iterator[Found]:
        """Give what is known of a model, first what is committed where no child can be started."""
        sources = [self._from_cache(model), self._from_folder(model)]
        for source in reversed(sources) if self.mode == "cached" else sources:
            yield from source

    def _from_cache(self, model: ModelRequest) -> Iterator[Found]:
        for state in self.store.states(model_key(model)):
            try:
                made_from = MadeFrom.from_document(state.made_from)
            except ValueError:
                continue
            if not self.store.has_description(state.description):
                continue
            found = Found(state.description, None, self.sources.differing(made_from), made_from)
            if not found.stale and self.folder is not None and self.mode == "auto":
                description = self.store.description(state.description)
                if description is None:
                    continue
                self._commit(model, committed.Committed(description, made_from))
            yield found

    def _from_folder(self, model: ModelRequest) -> Iterator[Found]:
        found = committed.read(self.folder, model) if self.folder is not None else None
        if found is not None:
            digest = digest_of(found.description.to_json())
            yield Found(digest, found.description, self.sources.differing(found.made_from), found.made_from)

    def _in_file(self, file: str) -> Found | Failure | None:
        """Read a file that is itself a description, None where it is not."""
        from ..description import ModelDescription

        try:
            description = ModelDescription.from_file_content((self.root / file).read_bytes())
        except OSError:
            return None
        except DescriptionError as error:
            return Failure(subtype="description", message=f"{file}: {error}")
        return None if description is None else Found(digest_of(description.to_json()), description)

    def _refused(self, model: ModelRequest) -> Failure | None:
        """Refuse a name outside ``layered_view_modules`` also where its description is at hand."""
        allowed = self.app.config.layered_view_modules
        if allowed is None:
            return None
        for reference in filter(None, (model.target, model.text_reference)):
            module = reference.partition("(")[0].partition(":")[0]
            if not any(f"{module}.".startswith(f"{name}.") for name in allowed):
                known = ", ".join(allowed) or "none"
                message = f"{module!r} is not among the modules that layered_view_modules allows: {known}"
                return Failure(subtype="target", message=message)
        return None

    # -- making --------------------------------------------------------------------------------------

    def ask(self, model: ModelRequest) -> None:
        """Have a model described by the one child, if that was not asked before."""
        if model in self._asked:
            return
        if self._ahead is None:
            from ..worker.ahead import Ahead

            self._ahead = Ahead(self.worker_settings)
        self._asked[model] = None
        self._ahead.ask(model)

    def is_asked(self, model: ModelRequest) -> bool:
        """Whether a model is being described already."""
        return model in self._asked

    def end(self) -> None:
        """Leave models undescribed."""
        if self._ahead is not None:
            self._ahead.end()

    def made(self) -> Generator[tuple[ModelRequest, Found | Failure, str]]:
        """Give each model that was asked for as it is ready, with the detail of a failure."""
        waiting, self._asked = self._asked, {}
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            return
        try:
            with closing(ahead.answers()) as answers:  # type: ignore[type-var]
                for answer in answers:
                    if answer.request in waiting:
                        del waiting[answer.request]
                        yield answer.request, *self._kept(answer)
        except LayeredViewError as error:
            for model in waiting:
                yield model, Failure(subtype=error.subtype, message=str(error)), ""
            return
        for model in waiting:
            message = "the child process gave no answer; build again, and see layered_view_python if it stays so"
            yield model, Failure(subtype="worker", message=message), ""

    def _kept(self, answer: Described | Failed) -> tuple[Found | Failure, str]:
        if isinstance(answer, Failed):
            return Failure(subtype=answer.subtype, message=answer.message), answer.detail
        if answer.allocated:
            logger.verbose("layered-view: %s has its weights: %s", answer.request.reference, answer.allocated)
        try:
            digest = self.store.keep_description(
                model_key(answer.request), answer.made_from.document(), answer.description
            )
        except OSError:
            digest = digest_of(answer.description.to_json())
        if self.folder is not None:
            self._commit(answer.request, committed.Committed(answer.description, answer.made_from))
        return Found(digest, answer.description, made_from=answer.made_from), ""

    def _commit(self, model: ModelRequest, found: committed.Committed) -> None:
        assert self.folder is not None
        try:
            committed.write(self.folder, model, found)
        except OSError as error:
            self.committing_failed = self.committing_failed or str(error)

    @cached_property
    def folder(self) -> Path | None:
        """The folder of committed descriptions."""
        return descriptions_folder(self.app)

    @cached_property
    def worker_settings(self) -> WorkerSettings:
        """How the child is started."""
        config = self.app.config
        return WorkerSettings(
            python=self.sources.python,
            environment=dict(config.layered_view_environment),
            sys_path=tuple(self.sources.search_path),
            directory=os.getcwd(),
            root=str(self.root),
            timeout=config.layered_view_timeout,
            memory_limit=config.layered_view_memory_limit,
            modules=config.layered_view_modules,
            gpu=config.layered_view_gpu,
        )


def _missing(app: Sphinx, model: ModelRequest) -> str:
    where = app.config.layered_view_descriptions_dir
    place = f"{where}/{committed.file_name(model)}" if where else "the cache"
    return (
        f"there is no description of {model.target or model.file} in {place}, and layered_view_mode is 'cached': "
        "build where the model can be built, with layered_view_mode = 'auto'"
        + (", and commit the file" if where else ", or set layered_view_descriptions_dir and commit what it holds")
    )
