"""Browser sessions: superusers sign in by a form to pages that are no API.

`protect(app, "/dashboard")` closes whatever is served below a path, whoever registers it
there. The cookie holds a signed token of a kind of its own, so that neither credential is
good for the other: the API reads no cookie, and these pages no other header.
"""

from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as BaseResponse

from app.core.data import repository
from app.core.data.base import utc_now
from app.core.data.session import transaction
from app.core.identity import rate_limits, services, sign_ins, tokens
from app.core.identity.errors import BadToken, Forbidden, Unauthorized
from app.core.identity.models import Account, SignIn
from app.core.identity.schemas import Credentials
from app.core.identity.views import client
from app.core.web import problems

KIND = "browser+jwt"
LIFETIME = timedelta(hours=12)  # absolute, however much a page asks in the meantime
SAFE = {"GET", "HEAD", "OPTIONS"}
HEADERS = {
    "Cache-Control": "no-store",
    # With no-referrer, browsers would say `Origin: null` when they send a form.
    "Referrer-Policy": "same-origin",
}

forms = Blueprint(
    "forms",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/sign-in",
)


def protect(app: Flask, prefix: str) -> None:
    """Let only superusers who have signed in see what is below a path."""
    name = f"{prefix.strip('/').replace('/', '-')}-session"
    app.register_blueprint(forms, url_prefix=prefix, name=name)
    app.before_request(partial(check, prefix, name))
    app.after_request(partial(add_headers, prefix))


def is_below(prefix: str) -> bool:
    """Tell whether the rule that the request has met is below a path."""
    rule = request.url_rule.rule if request.url_rule else ""
    return f"{rule}/".startswith(f"{prefix}/")


def check(prefix: str, name: str) -> ResponseReturnValue | None:
    """Refuse who has no session, and what comes from another site. Raises Forbidden."""
    if not is_below(prefix):
        return None
    refuse_other_sites()
    if (request.endpoint or "").startswith(f"{name}."):
        return None
    try:
        g.user, g.sign_in_id = find()
    except BadToken:
        if "text/html" not in request.headers.get("Accept", ""):
            return problems.problem(401, f"Sign in at {prefix}/sign-in.")
        query = request.query_string.decode("latin-1")
        return redirect(f"{url_for(f'{name}.form')}?{query}".rstrip("?"), 303)
    g.log_fields["user"] = str(g.user.id)
    return None


def refuse_other_sites() -> None:
    """CSRF: take what may change something from pages of this host only."""
    if request.method in SAFE:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    # Only an old browser says neither; it heeds SameSite.
    same = origin is None or urlsplit(origin).netloc == request.host
    if not (site == "same-origin" if site else same):
        raise Forbidden("A page of another site may not do this.")


def add_headers(prefix: str, response: Response) -> Response:
    """Keep the pages out of caches, but for files, which browsers ask for by ETag."""
    if is_below(prefix) and "ETag" not in response.headers:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def cookie() -> dict[str, Any]:
    """Return the name and the attributes of the cookie.

    Browsers take `__Host-` from this very host over TLS only, and plain HTTP is for
    development.
    """
    secure = current_app.config["APP_ENV"] == "production"
    key = "__Host-browser_session" if secure else "browser_session"
    return {"key": key, "secure": secure, "httponly": True, "samesite": "Lax"}


def find() -> tuple[Account, UUID]:
    """Return the superuser of the cookie, and the id of the sign-in. Raises BadToken."""
    claims = tokens.decode(request.cookies.get(cookie()["key"], ""), KIND)
    with transaction():
        user, _ = sign_ins.find(claims)
    if not user.is_superuser:
        raise BadToken
    return user, UUID(claims["sid"])


@forms.get("/sign-in")
def form() -> str:
    """Show the form."""
    return render_template("sign-in.html")


@forms.post("/sign-in")
@rate_limits.by_address("LOGIN_LIMIT")
def sign_in() -> BaseResponse:
    """Sign in, as at /auth/login and with its limits. Raises Unauthorized, Forbidden."""
    try:
        values = Credentials().load(request.form.to_dict())
    except ValidationError:
        raise Unauthorized(services.WRONG) from None
    issued = services.sign_in(**values, client=client())
    with transaction():
        started = sign_ins.lock(tokens.decode(issued["access_token"], tokens.ACCESS))
        user = started.user  # while nobody can delete it
    if not user.is_superuser:
        sign_ins.end(SignIn, id=started.id)
        raise Forbidden("Only a superuser may see these pages.")
    end_present()
    expires_at = min(started.expires_at, utc_now() + LIFETIME)
    repository.save(started, {"expires_at": expires_at})
    claims = {"sub": str(started.user_id), "sid": str(started.id)}
    token = tokens.encode(KIND, expires_at, **claims)
    pages = f"{request.script_root}{request.path}".removesuffix("sign-in")
    query = request.query_string.decode("latin-1")
    response = redirect(f"{pages}?{query}".rstrip("?"), 303)
    response.set_cookie(value=token, max_age=LIFETIME, **cookie())
    return response


@forms.post("/sign-out")
def sign_out() -> BaseResponse:
    """End the session, and show the form again."""
    end_present()
    response = redirect(url_for(".form"), 303)
    response.delete_cookie(**cookie())
    return response


def end_present() -> None:
    """End the sign-in of the cookie that the request has, if it is good."""
    try:
        _, sign_in_id = find()
    except BadToken:
        return
    sign_ins.end(SignIn, id=sign_in_id)


@forms.errorhandler(Unauthorized)
@forms.errorhandler(Forbidden)
@forms.errorhandler(TooManyRequests)
def show_again(error: Exception) -> ResponseReturnValue:
    """Show the form with what is wrong."""
    status = {Unauthorized: 401, TooManyRequests: 429}
    code = next((n for kind, n in status.items() if isinstance(error, kind)), 403)
    headers = {}
    if wait := getattr(error, "retry_after", None):
        headers["Retry-After"] = str(wait)
    fault = getattr(error, "description", None) or str(error)
    return render_template("sign-in.html", fault=fault), code, headers
