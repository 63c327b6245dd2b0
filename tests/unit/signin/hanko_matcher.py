"""What Hanko's allowlist admits, written from its documented behaviour (glob with the separators `.` and `/`).

An oracle for tests alone: it shares nothing with our matcher, and is itself held to the recorded answers of the real
one. It is generous on purpose, being the matcher of the release that lets wildcards cross into other parts of a URL.
"""

import itertools
import re


def hanko_admits(pattern: str, candidate: str) -> bool:
    """The release's answer: one trailing slash is cut from the candidate, then the glob must match all of it."""
    return re.fullmatch(_translate(pattern), candidate.removesuffix("/"), re.DOTALL) is not None


def hanko_admits_origin(pattern: str, url: str) -> bool:
    """Whether Hanko admits anything at all at a canonical URL's origin, in whatever spelling its pattern wants."""
    scheme, _, behind = url.partition("://")
    authority = re.split("[/?#]", behind)[0]
    path = behind.removeprefix(authority).partition("?")[0].partition("#")[0]
    pattern_path = re.sub(r"\*+", "x", pattern.partition("://")[2].partition("/")[2])
    ports = ["", ":443" if scheme == "https" else ":80"]
    lowered = re.sub("^[^/]*//[^/]*", lambda origin: origin[0].lower(), pattern)
    # In Hanko an address in brackets is a set of characters, so it has to be written with backslashes there.
    escaped = lowered.replace("[::1]", r"\[::1\]")
    return any(
        hanko_admits(escaped, f"{scheme}://{authority}{port}{tail}")
        for port, tail in itertools.product(ports, ["", "/x", f"/{pattern_path}", f"/{pattern_path}/", path])
    )


def _translate(pattern: str) -> str:
    expression, place, depth = "", 0, 0
    while place < len(pattern):
        character = pattern[place]
        place += 1
        if character == "*":
            stars = re.compile(r"\**").match(pattern, place)
            assert stars is not None
            expression += ".*" if stars.end() > place else "[^./]*"
            place = stars.end()
        elif character == "?":
            expression += "[^./]"
        elif character == "[":
            end = pattern.index("]", place + 1)
            expression += _translate_set(pattern[place:end])
            place = end + 1
        elif character == "{":
            expression, depth = expression + "(?:", depth + 1
        elif character == "}" and depth:
            expression, depth = expression + ")", depth - 1
        elif character == "," and depth:
            expression += "|"
        elif character == "\\":
            expression += re.escape(pattern[place : place + 1])
            place += 1
        else:
            expression += re.escape(character)
    return expression + ")" * depth


def _translate_set(members: str) -> str:
    """A range only where it stands alone (`a-z`); elsewhere every character, `-` and `^` too, means itself."""
    negation, members = ("^", members[1:]) if members.startswith("!") else ("", members)
    is_range = re.fullmatch(".-.", members) is not None
    return f"[{negation}{members if is_range else re.escape(members)}]"
