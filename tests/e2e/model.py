"""Who may see whom: cot-streaming 7.1 and nothing else, for the matrix tests.

A user is in a set of groups that it may send into and a set of those that it
receives from; somebody without a user, or a user without any group, is in
__ANON__ both ways. All else follows. This knows nothing of how ots-route does
it."""

ANON = "__ANON__"
GROUPS = ("Blue", "Red", "Green")
DIRECTIONS = ("", "in", "out", "both")


def sets(directions):
    """(IN, OUT) of a user with that direction in each of GROUPS."""
    into = {g for g, d in zip(GROUPS, directions) if d in ("in", "both")}
    out = {g for g, d in zip(GROUPS, directions) if d in ("out", "both")}
    return (into, out) if into or out else ({ANON}, {ANON})


def all_directions():
    """Every way in which a user may be in GROUPS: 64 of them."""
    return [(a, b, c) for a in DIRECTIONS for b in DIRECTIONS
            for c in DIRECTIONS]


def sees(receiver, sender):
    """Each is a pair (IN, OUT)."""
    return bool(sender[0] & receiver[1])


class Map:
    """What a client's map shows, from the events that it is sent."""

    def __init__(self, own):
        self.own = own
        self.shown = set()
        self.faults = []

    def position(self, uid, allowed):
        if not allowed:
            self.faults.append("position of %s, who is a stranger" % uid)
        self.shown.add(uid)

    def gone(self, uid):
        if uid not in self.shown:
            self.faults.append("%s is gone, who was not there" % uid)
        self.shown.discard(uid)

    def check(self, expected):
        """Faults since the last time, and what the map shows wrongly."""
        faults, self.faults = self.faults, []
        if self.shown != expected:
            faults.append("shows %s, not %s" % (
                sorted(self.shown), sorted(expected)))
        return faults
