"""A session of the language server with each client that pytest-lsp has recorded, over standard input and output."""

from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

BINARY = Path(__file__).parents[2] / "target" / "debug" / "wayleave"

PROFILES = ["neovim@v0.7.0", "neovim@v0.11.0", "visual_studio_code", "visual_studio_code that pulls", "emacs"]

# Behind the face, columns differ by encoding. The second line of `deny two` is not laid out.
MAIN = """edition 2026

type data-class = public < internal < confidential
attribute data: data-class  from header "x-data-class"  default internal
use "more.route"

define is-odd = caller.app is "😀" and data is confidential

deny one when is-odd
deny two when caller.app is "😀" and    data is confidental

provider north {
  protocol: simulated
  model large {
    supports: [chat]
    context:  8k tokens
  }
}

approve all-on-north: north/*  owner "platform"  by "review"
route everything when not is-odd  to north/large
otherwise deny "No route covers this request."

guarantee odd-is-stopped: denied when caller.app is "😀" and data is confidential

test "odd requests are stopped" {
  given caller.app: "😀"  data: confidential
  expect deny one
}
"""
MORE = "edition 2026\n\ndeny more when is-odd and data is public\n"


class Session:
    """A client, what the server offered to it, and the policy that is open in it."""

    def __init__(self, client: LanguageClient, folder: Path, offered: types.InitializeResult):
        self.client = client
        self.folder = folder
        self.offered = offered
        self.text = MAIN
        self.uri = (folder / "main.route").as_uri()
        self.document = types.TextDocumentIdentifier(self.uri)

    def length(self, text: str) -> int:
        encoding = self.offered.capabilities.position_encoding
        match encoding:
            case types.PositionEncodingKind.Utf8 | "utf-8":
                return len(text.encode())
            case types.PositionEncodingKind.Utf32 | "utf-32":
                return len(text)
            case _:
                return len(text.encode("utf-16-le")) // 2

    def place(self, line: str, word: str, behind: bool = False) -> types.Position:
        """Where a word stands in the line that begins so; `behind` for its end."""
        lines = self.text.splitlines()
        number = next(number for number, text in enumerate(lines) if text.startswith(line))
        before = lines[number].index(word) + (len(word) if behind else 0)
        return types.Position(number, self.length(lines[number][:before]))

    def at(self, position: types.Position) -> str:
        """The text of a line from a position on."""
        line = self.text.splitlines()[position.line]
        units = 0
        for index, character in enumerate(line):
            if units == position.character:
                return line[index:]
            units += self.length(character)
        assert units == position.character, f"{position} is within a character of {line!r}"
        return ""

    def span(self, found: types.Range) -> str:
        """The text of a range within one line."""
        assert found.start.line == found.end.line, found
        return self.at(found.start).removesuffix(self.at(found.end))

    def whole(self) -> types.Range:
        return types.Range(types.Position(0, 0), types.Position(len(self.text.splitlines()), 0))

    def mend(self):
        """Writes what was meant, for what only a policy without mistakes can answer."""
        span = types.Range(self.place("deny two", "confidental"), self.place("deny two", "confidental", behind=True))
        change = types.TextDocumentContentChangePartial(span, "confidential")
        document = types.VersionedTextDocumentIdentifier(2, self.uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        self.text = self.text.replace("confidental", "confidential")

    async def command(self, name: str, **given) -> dict:
        """What a command answers, which is not to tell it by a message as well."""
        argument = {"uri": self.uri, "silent": True, **given}
        return await self.client.workspace_execute_command_async(types.ExecuteCommandParams(name, [argument]))

    async def diagnostics(self) -> list[types.Diagnostic]:
        """As this client gets them: pulled, or pushed."""
        if self.offered.capabilities.diagnostic_provider and self.pulls():
            report = await self.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(self.document))
            assert isinstance(report, types.RelatedFullDocumentDiagnosticReport), report
            return list(report.items)
        while self.uri not in self.client.diagnostics:
            await self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        return list(self.client.diagnostics[self.uri])

    def pulls(self) -> bool:
        document = self.client.capabilities and self.client.capabilities.text_document
        return bool(document and document.diagnostic)


def recorded_client() -> LanguageClient:
    """A client that also takes what the recorded ones say they take."""
    client = make_test_lsp_client()
    for asked in (
        types.CLIENT_REGISTER_CAPABILITY,
        types.WORKSPACE_CODE_LENS_REFRESH,
        types.WORKSPACE_INLAY_HINT_REFRESH,
        types.WORKSPACE_SEMANTIC_TOKENS_REFRESH,
    ):
        client.feature(asked)(lambda *_: None)
    return client


@pytest_lsp.fixture(config=ClientServerConfig([str(BINARY), "lsp"], client_factory=recorded_client))
async def client(lsp_client: LanguageClient):
    yield
    await lsp_client.shutdown_session()


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    return request.param


def capabilities_of(profile: str) -> types.ClientCapabilities:
    """As recorded; the recorded VS Code is older than diagnostics that are asked for."""
    recorded = client_capabilities(profile.removesuffix(" that pulls"))
    if profile.endswith(" that pulls"):
        recorded.text_document.diagnostic = types.DiagnosticClientCapabilities()
        recorded.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    return recorded


async def opened(client: LanguageClient, profile: str, folder: Path) -> Session:
    (folder / "main.route").write_text(MAIN)
    (folder / "more.route").write_text(MORE)
    given = types.InitializeParams(
        capabilities=capabilities_of(profile),
        root_uri=folder.as_uri(),
        workspace_folders=[types.WorkspaceFolder(folder.as_uri(), "policy")],
    )
    session = Session(client, folder, await client.initialize_session(given))
    item = types.TextDocumentItem(session.uri, "route", 1, MAIN)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    return session
