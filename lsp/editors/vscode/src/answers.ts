// Answers as texts that can be read beside the policy: places in them can be followed, and the lines that decided are
// marked in the policy's own text.

import { dirname, isAbsolute, join, relative } from 'node:path';
import * as vscode from 'vscode';

const SCHEME = 'wayleave-answer';

/** A place in a policy, as the program writes it: `FILE:LINE`. */
const PLACE = /([^\s:'"`()[\]]+\.route):(\d+)/g;

/** What stands before the places of a decision. */
const DECIDED_BY = '\ndecided by\n';

export class Answers implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider {
  private readonly texts = new Map<string, { text: string; folder: string }>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly deciding = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.wordHighlightStrongBackground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.wordHighlightStrongForeground'),
  });
  readonly onDidChange = this.changed.event;

  constructor(context: vscode.ExtensionContext) {
    context.subscriptions.push(
      this.changed,
      this.deciding,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.languages.registerDocumentLinkProvider({ scheme: SCHEME }, this),
    );
  }

  /** Shows a text beside the policy, under a name; of one name there is one. */
  async show(name: string, text: string, folder = ''): Promise<void> {
    const policy = vscode.window.activeTextEditor;
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/Wayleave: ${name}` });
    this.texts.set(uri.path, { text, folder });
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true, viewColumn: vscode.ViewColumn.Beside });
    if (policy) this.mark(policy, text, folder);
  }

  /** Shows what a command of the server answered about a policy of which it was given a file. */
  async tell(name: string, answer: Record<string, unknown>, uri: string): Promise<void> {
    const folder = dirname(vscode.Uri.parse(uri).fsPath);
    await this.show(name, shownOf(answer, folder), folder);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path)?.text ?? '';
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const folder = this.texts.get(document.uri.path)?.folder ?? '';
    return [...document.getText().matchAll(PLACE)].map((found) => {
      const range = new vscode.Range(document.positionAt(found.index), document.positionAt(found.index + found[0].length));
      return new vscode.DocumentLink(range, file(folder, found[1]).with({ fragment: `L${found[2]}` }));
    });
  }

  /** The lines that a decision names, in the text that was in front; of anything else none. */
  private mark(editor: vscode.TextEditor, text: string, folder: string): void {
    const [, places = ''] = text.split(DECIDED_BY);
    const own = editor.document.uri.toString();
    const lines = [...places.matchAll(PLACE)].filter((found) => file(folder, found[1]).toString() === own);
    const ranges = lines.map((found) => editor.document.lineAt(Math.min(Number(found[2]), editor.document.lineCount) - 1).range);
    editor.setDecorations(this.deciding, ranges);
  }
}

function file(folder: string, path: string): vscode.Uri {
  return vscode.Uri.file(isAbsolute(path) ? path : join(folder, path));
}

/** A place as the server gives it, in an answer to one of its commands. */
interface Told {
  location: { uri: string; range: { start: { line: number } } };
  label?: string;
  text?: string;
  route?: string;
  test?: string;
}

/** An answer of the server as a person reads it: what it says, the places that led there, and the whole of it. */
function shownOf(answer: Record<string, unknown>, folder: string): string {
  const listed = (named: unknown): string[] =>
    (Array.isArray(named) ? (named as Told[]) : []).map(({ location, label, text, route, test }) => {
      const path = relative(folder, vscode.Uri.parse(location.uri).fsPath);
      return `  ${path}:${location.range.start.line + 1}  ${text ?? label ?? route ?? test ?? ''}`;
    });
  const decided = [...listed(answer.lines), ...listed(answer.path)];
  return [
    String(answer.message ?? answer.outcome ?? answer.verdict ?? ''),
    ...(decided.length > 0 ? [DECIDED_BY.trim(), ...decided] : []),
    ...listed(answer.inside),
    ...listed(answer.tests),
    '',
    JSON.stringify(answer, null, 2),
    '',
  ].join('\n');
}
