"""Each capability once, as a client uses it: a row a capability, by the path that the server's `initialize` gives it.

A path ends in a string where the capability is a list of them, such as the kinds of code actions. To add a capability is
to add its row."""

from collections.abc import Awaitable, Callable

from lsprotocol import types

TABLE: dict[str, Callable[..., Awaitable[None]]] = {}


def exercises(*paths: str):
    def row(function):
        TABLE.update({path: function for path in paths})
        return function

    return row


@exercises("positionEncoding", "diagnosticProvider.interFileDependencies")
async def mistakes_are_shown_where_they_are(session):
    [found] = await session.diagnostics()
    assert found.code == "R0101"
    assert session.span(found.range) == "confidental"


@exercises("textDocumentSync.openClose", "textDocumentSync.change 2")
async def edits_are_followed(session):
    assert len(await session.diagnostics()) == 1
    session.mend()
    # What was told of the text before may still be on its way.
    while await session.diagnostics():
        await session.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    session.client.text_document_did_close(types.DidCloseTextDocumentParams(session.document))


@exercises("textDocumentSync.save")
async def a_saved_file_is_read(session):
    (session.folder / "more.route").write_text("edition 2026\ndefine confidental = data is public\ndeny x when confidental\n")
    session.client.text_document_did_save(types.DidSaveTextDocumentParams(session.document))
    hover = await session.client.text_document_definition_async(
        types.DefinitionParams(session.document, session.place("deny one", "is-odd"))
    )
    assert hover


@exercises("workspace.workspaceFolders.supported", "workspace.workspaceFolders.changeNotifications")
async def folders_come_and_go(session):
    other = session.folder / "other"
    other.mkdir()
    (other / "main.route").write_text("edition 2026\ndeny odd when caller.app is 1\notherwise deny \"No.\"\n")
    event = types.WorkspaceFoldersChangeEvent(added=[types.WorkspaceFolder(other.as_uri(), "other")], removed=[])
    session.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    uri = (other / "main.route").as_uri()
    while not session.client.diagnostics.get(uri):
        await session.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    event = types.WorkspaceFoldersChangeEvent(added=[], removed=[types.WorkspaceFolder(other.as_uri(), "other")])
    session.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    while session.client.diagnostics.get(uri):
        await session.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)


@exercises("documentFormattingProvider")
async def a_text_is_laid_out(session):
    options = types.FormattingOptions(tab_size=2, insert_spaces=True)
    given = types.DocumentFormattingParams(session.document, options)
    edits = await session.client.text_document_formatting_async(given)
    assert edits


@exercises("documentRangeFormattingProvider")
async def a_range_is_laid_out(session):
    options = types.FormattingOptions(tab_size=2, insert_spaces=True)
    line = session.place("deny two", "deny")
    given = types.DocumentRangeFormattingParams(session.document, types.Range(line, line), options)
    [edit] = await session.client.text_document_range_formatting_async(given)
    assert edit.range.start.line == line.line


@exercises("foldingRangeProvider")
async def blocks_are_folded(session):
    found = await session.client.text_document_folding_range_async(types.FoldingRangeParams(session.document))
    assert {(one.start_line, one.end_line) for one in found} >= {(11, 16), (13, 15)}


@exercises("documentLinkProvider")
async def files_are_linked(session):
    [link] = await session.client.text_document_document_link_async(types.DocumentLinkParams(session.document))
    assert link.target == (session.folder / "more.route").as_uri()
    assert "more.route" in session.span(link.range)


@exercises("documentSymbolProvider")
async def a_text_is_outlined(session):
    found = await session.client.text_document_document_symbol_async(types.DocumentSymbolParams(session.document))
    assert {"data-class", "is-odd", "north", "everything"} <= {symbol.name.split()[-1] for symbol in found}


@exercises("workspaceSymbolProvider")
async def names_are_found_in_all_files(session):
    found = await session.client.workspace_symbol_async(types.WorkspaceSymbolParams("more"))
    assert any(symbol.location.uri.endswith("more.route") for symbol in found)


@exercises("selectionRangeProvider")
async def selections_grow(session):
    given = types.SelectionRangeParams(session.document, [session.place("define", "data")])
    [found] = await session.client.text_document_selection_range_async(given)
    spans = []
    while found and found.range.start.line == found.range.end.line:
        spans.append(session.span(found.range))
        found = found.parent
    assert spans[0] == "data" and "data is confidential" in spans


@exercises("semanticTokensProvider.full.delta")
async def tokens_come_whole_and_as_changes(session):
    whole = await session.client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(session.document))
    assert len(whole.data) > 100 and len(whole.data) % 5 == 0
    given = types.SemanticTokensDeltaParams(session.document, previous_result_id=whole.result_id)
    delta = await session.client.text_document_semantic_tokens_full_delta_async(given)
    assert not delta.edits


@exercises("semanticTokensProvider.range")
async def tokens_of_a_range_come(session):
    line = types.Range(session.place("deny one", "deny"), session.place("deny one", "is-odd", behind=True))
    given = types.SemanticTokensRangeParams(session.document, line)
    found = await session.client.text_document_semantic_tokens_range_async(given)
    assert len(found.data) == 4 * 5


async def actions(session, kind: str):
    diagnostics = await session.diagnostics()
    context = types.CodeActionContext(diagnostics, only=[kind])
    given = types.CodeActionParams(session.document, session.whole(), context)
    return await session.client.text_document_code_action_async(given)


def edits_of(session, action) -> list[types.TextEdit]:
    changes = action.edit.changes or {}
    versioned = [edit for change in action.edit.document_changes or [] for edit in change.edits]
    return list(changes.get(session.uri, [])) + versioned


@exercises("codeActionProvider.codeActionKinds quickfix")
async def a_mistake_is_mended(session):
    [action] = await actions(session, "quickfix")
    [edit] = edits_of(session, action)
    assert session.span(edit.range) == "confidental" and edit.new_text == "confidential"


@exercises("codeActionProvider.codeActionKinds source.fixAll.route")
async def all_sure_mistakes_are_mended(session):
    for action in await actions(session, "source.fixAll.route"):
        assert edits_of(session, action)


@exercises("codeActionProvider.codeActionKinds refactor.rewrite")
async def a_rule_gets_its_reason(session):
    given = types.CodeActionParams(
        session.document,
        types.Range(session.place("deny one", "deny"), session.place("deny one", "deny")),
        types.CodeActionContext([], only=["refactor.rewrite"]),
    )
    found = await session.client.text_document_code_action_async(given)
    assert any("because" in edit.new_text for action in found for edit in edits_of(session, action))


@exercises("codeActionProvider.codeActionKinds source.addMissing.route")
async def all_rules_get_their_reasons(session):
    [action] = await actions(session, "source.addMissing.route")
    assert sum("because" in edit.new_text for edit in edits_of(session, action)) == 2


@exercises("definitionProvider")
async def a_declaration_is_found(session):
    given = types.DefinitionParams(session.document, session.place("define", "data"))
    [found] = await session.client.text_document_definition_async(given)
    assert session.span(found.range) == "data"


@exercises("referencesProvider")
async def uses_are_found(session):
    context = types.ReferenceContext(include_declaration=True)
    given = types.ReferenceParams(context, session.document, session.place("define", "data"))
    found = await session.client.text_document_references_async(given)
    assert {one.uri.rsplit("/")[-1] for one in found} == {"main.route", "more.route"}
    assert all(session.span(one.range) == "data" for one in found if one.uri == session.uri)


@exercises("documentHighlightProvider")
async def uses_are_highlighted(session):
    given = types.DocumentHighlightParams(session.document, session.place("define", "data"))
    found = await session.client.text_document_document_highlight_async(given)
    assert [session.span(one.range) for one in found] == ["data"] * 5


@exercises("renameProvider.prepareProvider")
async def a_name_is_renamed(session):
    place = session.place("define", "data")
    prepared = await session.client.text_document_prepare_rename_async(types.PrepareRenameParams(session.document, place))
    assert session.span(prepared.range) == "data"
    edit = await session.client.text_document_rename_async(types.RenameParams(session.document, place, "class"))
    files = set(edit.changes or {}) | {change.text_document.uri for change in edit.document_changes or []}
    assert len(files) == 2


@exercises("hoverProvider")
async def a_name_is_explained(session):
    given = types.HoverParams(session.document, session.place("define", "data"))
    found = await session.client.text_document_hover_async(given)
    assert "attribute data: data-class" in found.contents.value
    assert found.range is None or session.span(found.range) == "data"


async def completions(session, line: str, word: str) -> list[types.CompletionItem]:
    given = types.CompletionParams(session.document, session.place(line, word, behind=True))
    found = await session.client.text_document_completion_async(given)
    return found.items if isinstance(found, types.CompletionList) else found


@exercises("completionProvider.triggerCharacters .")
async def attributes_are_completed_behind_a_dot(session):
    assert "app" in {item.label.removeprefix("caller.") for item in await completions(session, "deny two", "caller.")}


@exercises("completionProvider.triggerCharacters /")
async def models_are_completed_behind_a_slash(session):
    assert any("large" in item.label for item in await completions(session, "route", "north/"))


@exercises("completionProvider.triggerCharacters [")
async def values_are_completed_in_lists(session):
    assert "chat" in {item.label for item in await completions(session, "    supports", "[")}


@exercises("completionProvider.triggerCharacters (")
async def budgets_are_completed_in_parentheses(session):
    items = await completions(session, "deny one", "when")
    assert items is not None


async def signature(session, line: str, word: str) -> types.SignatureHelp:
    given = types.SignatureHelpParams(session.document, session.place(line, word, behind=True))
    return await session.client.text_document_signature_help_async(given)


@exercises("signatureHelpProvider.triggerCharacters  ")
async def the_parts_of_an_item_are_told_behind_a_blank(session):
    found = await signature(session, "deny one", "deny ")
    assert found.signatures[found.active_signature or 0].label.startswith("deny")


@exercises("signatureHelpProvider.retriggerCharacters :")
async def the_parts_of_an_item_are_told_behind_a_colon(session):
    found = await signature(session, "approve", "all-on-north:")
    assert found.signatures[found.active_signature or 0].label.startswith("approve")


@exercises("signatureHelpProvider.retriggerCharacters {")
async def the_parts_of_an_item_are_told_behind_a_brace(session):
    assert await signature(session, "provider", "north {")


@exercises("codeLensProvider")
async def lenses_stand_above_their_items(session):
    session.mend()
    found = await session.client.text_document_code_lens_async(types.CodeLensParams(session.document))
    commands = {lens.command.command for lens in found if lens.command}
    assert {"wayleave.runTest", "wayleave.decide"} <= commands
    lines = session.text.splitlines()
    assert {lines[lens.range.start.line].split()[0] for lens in found} >= {"test", "guarantee", "route", "deny"}


@exercises("inlayHintProvider")
async def what_a_wildcard_stands_for_is_hinted(session):
    session.mend()
    found = await session.client.text_document_inlay_hint_async(types.InlayHintParams(session.document, session.whole()))
    assert any("north/large" in str(hint.label) for hint in found)


@exercises("executeCommandProvider.commands wayleave.runTest")
async def a_test_is_run(session):
    session.mend()
    answer = await session.command("wayleave.runTest", test="odd requests are stopped")
    assert answer["passed"] is True and answer["location"]["uri"] == session.uri


@exercises("executeCommandProvider.commands wayleave.runTests")
async def all_tests_are_run(session):
    session.mend()
    answer = await session.command("wayleave.runTests")
    assert (answer["passed"], answer["failed"]) == (1, 0)


@exercises("executeCommandProvider.commands wayleave.showInside")
async def the_routes_inside_of_one_are_listed(session):
    session.mend()
    answer = await session.command("wayleave.showInside", route="everything")
    assert answer["inside"] == []


@exercises("executeCommandProvider.commands wayleave.prove")
async def a_guarantee_is_proven(session):
    session.mend()
    answer = await session.command("wayleave.prove")
    assert [one["verdict"] for one in answer["guarantees"]] == ["holds"]


@exercises("executeCommandProvider.commands wayleave.showCounterexample")
async def a_guarantee_that_holds_has_no_counterexample(session):
    session.mend()
    answer = await session.command("wayleave.showCounterexample", guarantee="odd-is-stopped")
    assert answer["verdict"] == "holds" and answer["witness"] is None


@exercises("executeCommandProvider.commands wayleave.decide")
async def a_request_is_decided(session):
    session.mend()
    answer = await session.command("wayleave.decide", request={"caller.app": "😀", "data": "confidential"})
    assert answer["decision"]["decision"] == "deny"
    assert session.at(types.Position(**answer["show"]["range"]["start"])).startswith("deny one")
