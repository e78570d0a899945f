"""Three-way merge: takes over how a rendered text changed; what was edited stays."""

from difflib import SequenceMatcher, unified_diff

from scaffold.render import ruff


def merge(ours: str, base: str, theirs: str) -> tuple[str, str]:
    """Return `ours` with the change from `base` to `theirs`, and the diff of what is left.

    Imports are merged name by name. What would leave a name undefined is not taken over.
    """
    texts = ours, base, theirs
    apart = [sort_imports(text, one_by_one=True) for text in texts]
    if sort_imports(apart[0]) == ours:
        text, left = merge_lines(*apart)
        text = sort_imports(text)
    else:
        text, left = merge_lines(*texts)
    holds = ruff(text, "check", "--select", "F821").returncode == 0
    return (text, left) if holds else (ours, difference(base, theirs))


def sort_imports(text: str, one_by_one: bool = False) -> str:
    """Sort the imports, each name in a statement of its own where that is asked for."""
    single = f"lint.isort.force-single-line = {str(one_by_one).lower()}"
    return ruff(text, "check", "--fix", "--select", "I", "--config", single).stdout


def merge_lines(*texts: str) -> tuple[str, str]:
    """Make each change where the lines that it replaces, or stands between, still are."""
    ours, base, theirs = (text.splitlines(keepends=True) for text in texts)
    kept: dict[int, int] = {}  # by the number of a line in base, that in ours
    place: dict[int, int] = {}  # the same of what stands before a line
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, base, ours, False).get_opcodes():
        if tag == "equal":
            kept |= zip(range(i1, i2), range(j1, j2), strict=True)
            place |= kept
        place |= {i1: place.get(i1, j1), i2: j2}
    left: list[str] = []
    changes = SequenceMatcher(None, base, theirs, False).get_opcodes()
    for tag, i1, i2, j1, j2 in reversed(changes):
        new, count = theirs[j1:j2], i2 - i1
        start = kept.get(i1) if count else place.get(i1)
        there = start and not count and ours[start - len(new) : start] == new
        if tag == "equal" or there:
            continue
        if start is not None and ours[start : start + count] == base[i1:i2]:
            ours[start : start + count] = new
        else:
            left.insert(0, difference("".join(base[i1:i2]), "".join(new)))
    return "".join(ours), "\n".join(left)


def difference(former: str, text: str) -> str:
    """Return the lines that were removed and added, with two around them."""
    lines = former.splitlines(), text.splitlines()
    return "\n".join(list(unified_diff(*lines, n=2, lineterm=""))[2:])
