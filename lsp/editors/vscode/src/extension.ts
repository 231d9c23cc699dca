// The extension: it starts `wayleave lsp`, and shows what the server's commands and the program itself answer. It knows
// nothing of policies; whatever is said about one comes from the program.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { type Executable, LanguageClient, type LanguageClientOptions } from 'vscode-languageclient/node';
import { Answers } from './answers';

/** Longer than any answer takes that a person waits for. */
const PATIENCE_MS = 60_000;

let client: LanguageClient | undefined;
let answers: Answers;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const command = (name: string, run: () => Promise<void>) =>
    context.subscriptions.push(
      vscode.commands.registerCommand(name, () => run().catch((error: Error) => void vscode.window.showErrorMessage(error.message))),
    );
  answers = new Answers(context);
  command('wayleave.testPolicy', () => testPolicy(context));
  command('wayleave.compare', () => compare(context));
  command('wayleave.decideRequest', () => decideRequest(context));
  command('wayleave.restartServer', () => restart(context));
  await restart(context);
}

export async function deactivate(): Promise<void> {
  await client?.dispose();
}

/** The program: the one that the settings name, else the one that came with the extension, else the one on the path. */
function program(context: vscode.ExtensionContext): string {
  const named = vscode.workspace.getConfiguration('wayleave').get<string>('server.path');
  if (named) return named;
  const packaged = context.asAbsolutePath(join('server', process.platform === 'win32' ? 'wayleave.exe' : 'wayleave'));
  return existsSync(packaged) ? packaged : 'wayleave';
}

async function restart(context: vscode.ExtensionContext): Promise<void> {
  await client?.dispose();
  client = undefined;
  const command = program(context);
  try {
    await run(command, ['--version'], {});
  } catch (error) {
    const settings = 'Open Settings';
    const message = `\`${command}\` cannot be started (${(error as Error).message}): install Wayleave, or say where it is.`;
    void vscode.window.showErrorMessage(message, settings).then((chosen) => {
      if (chosen === settings) void vscode.commands.executeCommand('workbench.action.openSettings', 'wayleave.server.path');
    });
    return;
  }
  const server: Executable = { command, args: ['lsp'] };
  const options: LanguageClientOptions = {
    documentSelector: [{ scheme: 'file', language: 'route' }],
    middleware: {
      // The server's commands, those of lenses too, answer with an object, which is shown here and not by the server.
      executeCommand: async (name, [given], next) => {
        const answer = await next(name, [{ ...given, silent: true }]);
        if (answer) await answers.tell(name.replace('wayleave.', ''), answer, given?.uri);
        return answer;
      },
    },
  };
  client = new LanguageClient('wayleave', 'Wayleave', server, options);
  await client.start();
}

/** What a program writes, whatever it says by its exit status; fails where it cannot be started or could not say. */
function run(command: string, given: string[], how: { folder?: string; input?: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, given, { cwd: how.folder, timeout: PATIENCE_MS, env: { ...process.env, NO_COLOR: '1' } });
    let [written, complained] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (written += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
    child.on('error', reject);
    // 0 is yes and 1 is no: both are answers.
    child.on('close', (status) =>
      status === 0 || status === 1 ? resolve(written || complained) : reject(new Error(complained.trim() || `it ended with ${status}`)),
    );
    // A program that reads nothing may be gone already.
    child.stdin.on('error', () => {}).end(how.input ?? '');
  });
}

interface Policy {
  folder: string;
  name: string;
}

/** The policy of the text in front: the nearest `main.route` in its folder and those above it, as far as the workspace
 * goes, else the file itself. What is open is saved, because the program reads the disk. */
async function policyInFront(): Promise<Policy> {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== 'route' || document.uri.scheme !== 'file') throw new Error('Open a file of the policy first.');
  for (const open of vscode.workspace.textDocuments) {
    if (open.languageId === 'route' && open.isDirty) await open.save();
  }
  const path = document.uri.fsPath;
  const top = vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath ?? dirname(path);
  for (let folder = dirname(path); folder.startsWith(top); folder = dirname(folder)) {
    if (existsSync(join(folder, 'main.route'))) return { folder, name: 'main.route' };
    if (folder === dirname(folder)) break;
  }
  return { folder: dirname(path), name: basename(path) };
}

async function testPolicy(context: vscode.ExtensionContext): Promise<void> {
  const { folder, name } = await policyInFront();
  await answers.show('tests', await run(program(context), ['test', '--coverage', '--', name], { folder }), folder);
}

async function compare(context: vscode.ExtensionContext): Promise<void> {
  const { folder, name } = await policyInFront();
  const prompt = 'Compare the policy with this revision: a branch, a tag or a commit';
  const revision = await vscode.window.showInputBox({ prompt, value: 'HEAD' });
  if (!revision) return;
  const given = ['diff', '--', `${revision}:./${name}`, name];
  await answers.show(`since ${revision}`, await run(program(context), given, { folder }), folder);
}

async function decideRequest(context: vscode.ExtensionContext): Promise<void> {
  const { folder, name } = await policyInFront();
  const key = `request ${join(folder, name)}`;
  const value = context.workspaceState.get<string>(key) ?? '{"request.model": "assistant"}';
  const prompt = 'The request: its attributes and their values, in JSON';
  const input = await vscode.window.showInputBox({ prompt, value, validateInput: problem });
  if (input === undefined) return;
  await context.workspaceState.update(key, input);
  const text = await run(program(context), ['decide', '--request', '-', '--', name], { folder, input });
  await answers.show('decision', text, folder);
}

function problem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
