"""Routing: which paths are alike, and what a start leaves out for each of them."""

from collections.abc import Callable
from functools import cache, partial

import werkzeug.routing
from flask import Flask


class Rule(werkzeug.routing.Rule):
    """A rule that compiles how to build its URL lazily, when `url_for` asks for it.

    Werkzeug does that for each rule at the start, which takes an eighth longer with 100
    resources. The method is private to it: by another name, only that would come back.
    """

    def _compile_builder(
        self, append_unknown: bool = True
    ) -> Callable[..., tuple[str, str]]:
        compiled = cache(partial(super()._compile_builder, append_unknown))
        return lambda rule, **values: compiled()(rule, **values)


def configure(app: Flask) -> None:
    """Tell paths apart as they are written, but for a final slash."""
    app.url_rule_class = Rule
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False


def serve_without_final_slash(app: Flask) -> None:
    """Answer alike with and without a final slash, for every method, without redirect."""
    for rule in list(app.url_map.iter_rules()):
        path = rule.rule.rstrip("/")
        if path and path != rule.rule:  # else 405 would be 404 without the slash
            methods = (rule.methods or set()) - {"OPTIONS"}
            app.add_url_rule(path, rule.endpoint, methods=methods)
