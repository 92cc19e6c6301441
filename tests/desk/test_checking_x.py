"""`madoguchi check` tells what an account on X has spent."""

from __future__ import annotations

from tests.connectors.x_account import KEYS
from tests.desk.place import Place
from tests.x_server import HANDLE, OWN, XServer


def test_the_spend_stands_beside_the_account(place: Place) -> None:
    keys = "\n".join(f'{name} = {{ env = "X_{name}" }}' for name in KEYS)
    place.secrets |= {f"X_{name}": value for name, value in KEYS.items()}
    with XServer() as server:
        place.configure(
            f'[[sources]]\nname = "x"\ntype = "x"\napi_base = "{server.url}"\nuser_id = "{OWN}"\n'
            f'handle = "{HANDLE}"\nreads_month = 1000\n[sources.oauth1]\n{keys}\n'
        )
        for number in range(3):
            server.put(f"{number}")
        assert f"source 'x': {server.url}: @{HANDLE} ({OWN})\n" in place.type("check").stdout
        place.run("from flows.steps import poll; poll('x')")
        told = f"@{HANDLE} ({OWN}); 3 of 1,000 reads this month, 0.02 spent today\n"
        assert told in place.type("check").stdout
