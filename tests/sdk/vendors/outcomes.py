"""What a client made of a vendor's answers, a JSON object a line."""

import json
from collections.abc import Callable

# How many ways a stand-in behaves.
BEHAVIOURS = 8


def tell(ask: Callable[[], dict[str, object]]) -> None:
    """Asks once for every behaviour, and prints what came of it."""
    for _ in range(BEHAVIOURS):
        found = {name: value for name, value in ask().items() if value not in (None, "")}
        if isinstance(found.get("arguments"), dict):
            found["arguments"] = json.dumps(found["arguments"], ensure_ascii=False, separators=(",", ":"))
        print(json.dumps(found), flush=True)
