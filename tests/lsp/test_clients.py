"""What the server advertises, it does, for each recorded client; and a capability without a row in the table fails."""

import asyncio

import pytest
from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.exceptions import JsonRpcMethodNotFound

from conftest import opened
from exercises import TABLE

pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")]

# Longer than any answer takes, so that a lost one ends the test.
PATIENCE = 30

# Offered to those clients alone that can be told to ask again.
NOT_OFFERED_TO_ALL = {"diagnosticProvider.interFileDependencies"}

# The legend says what the numbers of tokens mean; it is no capability by itself.
LEGEND = "semanticTokensProvider.legend"


def advertised(value, path: str = "") -> set[str]:
    """The paths of all that is offered; what is said to be false is not."""
    match value:
        case dict():
            inner = {found for name, one in value.items() for found in advertised(one, f"{path}.{name}".lstrip("."))}
            return inner or {path}
        case list():
            return {f"{path} {one}" for one in value}
        case None | False:
            return set()
        case int() if value is not True:
            return {f"{path} {value}"}
        case _:
            return {path}


def offered_to(session) -> set[str]:
    capabilities = get_converter().unstructure(session.offered.capabilities)
    return {path for path in advertised(capabilities) if not path.startswith(LEGEND)}


@pytest.mark.parametrize("capability", sorted(TABLE))
async def test_a_capability_works(client, profile, tmp_path, capability):
    session = await opened(client, profile, tmp_path)
    if capability in offered_to(session):
        await asyncio.wait_for(TABLE[capability](session), PATIENCE)
    else:
        assert capability in NOT_OFFERED_TO_ALL, f"a row for `{capability}`, which is not offered"


async def test_all_that_is_advertised_is_exercised(client, profile, tmp_path):
    session = await opened(client, profile, tmp_path)
    assert offered_to(session) - set(TABLE) == set()


async def test_what_is_not_advertised_is_refused(client, profile, tmp_path):
    session = await opened(client, profile, tmp_path)
    given = types.ImplementationParams(session.document, types.Position(0, 0))
    with pytest.raises(JsonRpcMethodNotFound, match="is not offered"):
        await session.client.text_document_implementation_async(given)
