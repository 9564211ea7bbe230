# overhang canary 7d5f3dadc072547df7fc934e51c4f111
"""Which versions a range admits."""


def term_matches(term, version):
    if term == "*":
        return True
    if term.startswith(">="):
        return version >= term[2:]
    if term.startswith("<"):
        return version < term[1:]
    return version == term


def matches(range, version):
    return all(term_matches(term, version) for term in range.split())
