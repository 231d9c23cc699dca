// Answers as texts that can be read beside the policy: places in them can be followed, and the lines that decided are
// marked in the policy's own text.

import { isAbsolute, join } from 'node:path';
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

/** An answer of the server, as a person reads it. */
export function shownOf(answer: unknown): string {
  return typeof answer === 'string' ? answer : `${JSON.stringify(answer, null, 2)}\n`;
}
