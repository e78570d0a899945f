"""The blueprint of an API that is closed by default, and the mark that opens it."""

from collections.abc import Callable
from typing import Any

from app.core.identity import bearer, guard
from app.core.identity.guard import Access
from app.core.web import blueprint

ANYONE, SUPERUSER, IN_PERSON = Access.ANYONE, Access.SUPERUSER, Access.IN_PERSON


class Blueprint(blueprint.Blueprint):
    """A blueprint whose operations are for those who are signed in."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._prepare_doc_cbks.append(document_access)

    def check_request(self) -> None:
        """Authenticate first: whoever is refused learns nothing else."""
        guard.authenticate()
        super().check_request()

    def access(self, level: Access) -> Callable[[Any], Any]:
        """Say who may call an operation, to the guard and in the OpenAPI document."""

        def mark(view: Any) -> Any:
            documentation = getattr(view, "_apidoc", {}) | {"access": level}
            vars(view)["_apidoc"] = documentation  # where flask-smorest keeps its own
            return view

        return mark


def document_access(doc: Any, doc_info: Any, *, method: str, **_: Any) -> Any:
    """Say in the OpenAPI document who may call an operation; flask-smorest calls it."""
    level = doc_info.get("access", Access.SIGNED_IN)
    if level is Access.ANYONE:
        return doc | {"security": []}
    doc["responses"][401] = "Unauthorized"
    if level is not Access.SIGNED_IN or "requestBody" in doc:
        doc["responses"][403] = "Forbidden"
    if level is Access.IN_PERSON:
        return doc | {"security": [{bearer.NAME: []}]}
    return doc
