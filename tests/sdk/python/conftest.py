"""Running gateways, for the tests of the official SDKs."""

import pytest
from gateway import ROOT, Gateway


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    running = Gateway(tmp_path_factory.mktemp("gateway"), ROOT / "examples" / "first-policy")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def failing(tmp_path_factory):
    """The same policy, whose first choice is down."""
    running = Gateway(
        tmp_path_factory.mktemp("failing"), ROOT / "examples" / "first-policy", "--simulate", "north/large:status=503"
    )
    yield running
    running.stop()


@pytest.fixture(scope="session")
def apps(gateway):
    return gateway.client(gateway.key("ana", "--team", "apps", "--app", "ide"))


@pytest.fixture(scope="session")
def claude(gateway):
    return gateway.anthropic(gateway.key("cleo", "--team", "apps", "--app", "ide"))
