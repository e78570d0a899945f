"""One route of bare Flask: what it costs is not of the generated service's making."""

from flask import Flask

app = Flask(__name__)


@app.get("/health/live")
def live() -> dict[str, str]:
    """Answer as the generated service does."""
    return {"status": "ok"}
