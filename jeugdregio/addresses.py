"""Where a running region is, as lines for a shell: the examples of docs/users begin with them."""

import shlex
from collections.abc import Iterator
from typing import Any

from jeugdregio.data_folder import DataFolder


def shell_lines(region: dict[str, Any], data: DataFolder) -> Iterator[str]:
    """`export NAME=value` for the address of each service, the folder of header files with tokens, and one of each role."""
    for name, service in region["services"].items():
        yield f"export {name.upper()}={shlex.quote(service['url'])}"
    yield f"export TOKENS={shlex.quote(str(data.tokens))}"
    for role, by_organisation in region["tokens"].items():
        header = data.tokens / f"{role}-{next(iter(by_organisation))}"
        yield f"export {role.upper().replace('-', '_')}={shlex.quote(str(header))}"
