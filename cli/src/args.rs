//! The flags of every verb, as types. Parses nothing beyond shape: files, dates and addresses are read where they are
//! used, or by their own `FromStr`.

mod change;

mod graph;

mod questions;

mod replay;

mod settings;

pub(crate) use change::{Denied, Diff, Review, Written};
pub(crate) use graph::{Drawn, Graph};
pub(crate) use questions::{Approvals, Describe, QuestionArgs, WhatCan, WhoCan};
pub(crate) use replay::{Replay, Selection};
pub(crate) use settings::SettingFlags;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where `serve` listens for callers unless told otherwise.
const LISTEN: &str = "127.0.0.1:4180";

/// Where `serve` shows its console unless told otherwise.
const ADMIN: &str = "127.0.0.1:4181";

/// Where keys and the decision log are kept, as each command's help tells it.
const STORE_HELP: &str = "File that keeps keys and the decision log [default: as `serve` has it: $WAYLEAVE_STORE, else `store` of \
    the settings file, else $XDG_STATE_HOME/wayleave/store.db, else ~/.local/state/wayleave/store.db]";

/// An address with its port; `localhost` is 127.0.0.1.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let parsed = numeric.as_deref().unwrap_or(text).parse();
    parsed.map_err(|_| "write an address and a port, such as 127.0.0.1:4180".to_owned())
}

/// Decides which model answers which request, by a policy that people can read.
#[derive(Debug, Parser)]
#[command(
    name = "wayleave",
    version,
    color = clap::ColorChoice::Never,
    max_term_width = 100,
    after_help = "Begin with:\n  wayleave demo           a policy at work, with invented callers and providers\n  \
                  wayleave init           write a first policy here\n  wayleave check          say whether it is \
                  sound\n  wayleave serve --open   serve it on this machine\n\nExit status: 0 yes, 1 no (errors, a \
                  failed test), 2 could not say (usage, an unreadable file)."
)]
pub(crate) struct Arguments {
    /// When to write colours; `auto` is on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto, display_order = 900)]
    pub(crate) color: Colour,
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// When colours are written: `auto` is on a terminal, unless NO_COLOR is set. (A word on each value here would make
/// every page of help twice as long.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

/// How an answer is written: for people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

/// How what was found is written: for people, for editors, for programs and for the services that show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Drawn in the text
    Human,
    /// A line each: `FILE:LINE:COLUMN: error[CODE]: MESSAGE`
    Plain,
    /// One JSON document, whose version it says
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// JUnit's XML, for CI servers
    Junit,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Write a commented first policy
    #[command(after_help = "Example:\n  wayleave init gateway && wayleave check gateway")]
    Init(Init),
    /// Say what is wrong with a policy
    #[command(
        after_help = "Examples:\n  wayleave check policies --deny warnings\n  wayleave check policies --format sarif \
                      >wayleave.sarif\n\nExit status: 0 no errors, 1 errors, 2 the policy could not be read."
    )]
    Check(Check),
    /// Prove what a policy promises, over all requests
    #[command(
        after_help = "Examples:\n  wayleave prove policies                          every guarantee\n  wayleave prove policies \
                      eu-stays-in-eu           this one\n  wayleave prove policies --assume 'origin is eu'  of these \
                      requests alone\n\nA guarantee that fails is shown with a request, the lines that lead it there, and the \
                      candidate; `wayleave decide` shows the same of that request. Exit status: 0 all hold, 1 one fails, 2 \
                      the policy has errors or could not be read, or it was not found out within the work budget."
    )]
    Prove(Prove),
    /// List who approved what, until when, and what rests on it
    #[command(
        after_help = "Examples:\n  wayleave approvals policies --ending 90d           what wants to be renewed\n  wayleave \
                      approvals policies --owner platform --format json\n\nWhat rests on an approval is proven: without it \
                      some request, from that date on, could not go there; with --format json such a request is shown for \
                      each. What ends first stands first."
    )]
    Approvals(Approvals),
    /// Say which requests may be sent to a target, and by which routes
    #[command(
        after_help = "Examples:\n  wayleave who-can openai/gpt-5 policies    every condition under which it is asked\n  wayleave \
                      who-can 'openai/*' policies --format json\n\nThe conditions are exact, for all requests from that day \
                      on while limits and budgets have room; fallbacks, splits and migrations count. With --format json \
                      each has a request that shows it. Exit status: 0 somebody can, 1 nobody can, 2 the policy has \
                      errors or could not be read."
    )]
    WhoCan(WhoCan),
    /// Say to which targets a team's requests may be sent, and when
    #[command(
        after_help = "Example:\n  wayleave what-can research policies\n\nThe other way round of `who-can`, for one team and \
                      those below it. Exit status: 0 there is a target, 1 there is none, 2 the policy has errors or \
                      could not be read."
    )]
    WhatCan(WhatCan),
    /// Describe what routes serve, at worst, and what they turn away
    #[command(
        after_help = "Examples:\n  wayleave describe policies\n  wayleave describe policies code --format json\n\nFor \
                      each arm: its plan, the most attempts, time and money that one request can take, who of the plan \
                      is passed over when, and which requests are left without anybody. Exit status: 0 described, 2 the \
                      policy has errors or could not be read."
    )]
    Describe(Describe),
    /// Draw a policy: where a request goes, and what may stop it
    #[command(after_help = graph::HELP)]
    Graph(Graph),
    /// Say exactly what two policies decide differently
    #[command(
        after_help = "Examples:\n  wayleave diff main:policies/ policies                      what this branch changes\n  \
                      wayleave diff old.route new.route --deny widens,promise-removed\n\nA policy is a file, a folder, a \
                      built program, or one in git: REVISION:PATH. All requests are compared, each region is shown with \
                      one of them, and that no request is decided differently is said only where it is proven. Exit \
                      status: 0 compared, 1 something that is denied is so (or, with --exit-code, a request is treated differently), 2 a \
                      policy has errors or could not be read."
    )]
    Diff(Diff),
    /// Write the review of a change as one comment in Markdown
    #[command(
        after_help = "Example:\n  wayleave review --base origin/main policies >comment.md\n\nLayout, check, proofs, tests \
                      and what is decided differently, at most five rows a group. The first line is a marker by which \
                      the comment can be found and replaced. Exit status: 0 safe to merge, 1 look before you merge, 2 a \
                      policy could not be read."
    )]
    Review(Review),
    /// Apply the edits of `check` that need no second look
    #[command(
        after_help = "Example:\n  wayleave fix policies --dry-run    show what would change, write nothing\n\nA file that would \
                      not parse afterwards is left as it is. What needs a person is told. Exit status: 0 no errors are \
                      left, 1 errors are (with --dry-run: or something would change), 2 a file could not be read or written."
    )]
    Fix(FixArgs),
    /// Lay out policy files in the one style
    #[command(
        after_help = "Examples:\n  wayleave fmt                   every `.route` file here and below\n  wayleave fmt \
                      --check --diff    change nothing; exit with 1 where something would change\n  wayleave fmt - \
                      <a.route >b.route\n\nFolders whose names begin with a dot are passed over, and so are links below a folder. \
                      What has a mistake stands as it is; `wayleave check` tells it. Before a file is written, it is \
                      seen that no token and no comment was lost; otherwise the file stays, and the exit status is 2."
    )]
    Fmt(Fmt),
    /// Run the tests that stand in a policy
    #[command(
        after_help = "Examples:\n  wayleave test policies --coverage   also what no test reaches\n  wayleave test policies --watch      \
                      again after each change\n\nA policy without tests fails: nothing was tested."
    )]
    Test(Test),
    /// Say what a policy decides for one request
    #[command(
        after_help = "Example:\n  echo '{\"caller.team\": \"search\", \"request.needs\": [\"vision\"]}' | \
                            wayleave decide --request -"
    )]
    Decide(Decide),
    /// Make one file of a policy, which `serve` and `decide` take
    #[command(
        after_help = "Example:\n  wayleave build policies -o gateway.program && wayleave serve gateway.program\n\nThe \
                      file holds what the policy means and its texts, with a checksum and the policy's hash. A damaged \
                      one, and one of another form, is refused. Exit status: 0 written, 2 the policy has errors, or it \
                      could not be read or written."
    )]
    Build(Build),
    /// Explain a code that `check` prints
    #[command(after_help = "Example:\n  wayleave explain R0101")]
    Explain(Explain),
    /// Serve requests under a policy
    #[command(
        after_help = "Example:\n  wayleave serve policies --store gateway.db\n\nA first look, without \
                            keys, whose first provider fails now and then:\n  wayleave serve --open --simulate \
                            north:status=503,every=3"
    )]
    Serve(Serve),
    /// Issue, list and revoke the keys that callers present
    #[command(after_help = "Example:\n  wayleave keys add --id alice --team search --group interns")]
    Keys(Keys),
    /// Show what was decided, newest first
    #[command(
        after_help = "Example:\n  wayleave log --team search --decision deny --limit 20\n  wayleave log \
                            --summary team,target"
    )]
    Log(Log),
    /// Say which recorded requests a policy would decide differently
    #[command(
        after_help = "Examples:\n  wayleave replay --log gateway.db --policy policies                 against what was decided \
                      then\n  wayleave replay --log gateway.db --policy policies --against main:policies/ --since 7d\n  \
                      wayleave log --format json --limit 100000 | wayleave replay --log - --policy policies\n\nThe log keeps \
                      no text: of prompts, what detectors found then counts. What cannot be decided again is counted with \
                      its reason. Exit status: 0 replayed, 1 with --exit-code some request is decided differently, 2 a policy \
                      has errors, the log could not be read, or none of it can be decided again."
    )]
    Replay(Replay),
    /// Show a policy at work, with invented callers and simulated providers
    #[command(after_help = "Example:\n  wayleave demo --for 30s")]
    Demo(Demo),
    /// Answer an editor over standard input and output
    #[command(
        after_help = "An editor starts it. The page \"In an editor\" of the book sets up VS Code, Neovim and Helix, each in one \
                      step.\n\nExample, for Neovim 0.11 by hand, in init.lua:\n  vim.filetype.add({ extension = { route = \
                      'route' } })\n  vim.lsp.config('route', { cmd = { 'wayleave', 'lsp' }, filetypes = { 'route' } })\n  \
                      vim.lsp.enable('route')\n\nExit status: 0 the editor said goodbye, 1 it left without a word, 2 it does \
                      not speak the language server protocol."
    )]
    Lsp,
    /// Print what makes a shell complete these commands
    #[command(
        after_help = "Example, for bash:\n  wayleave completions bash >~/.local/share/bash-completion/completions/wayleave"
    )]
    Completions(Completions),
    /// Write the manual pages of these commands
    #[command(after_help = "Example:\n  wayleave man ~/.local/share/man/man1 && man wayleave-check")]
    Man(Man),
}

/// `completions`
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Folder to write `wayleave.1`, `wayleave-check.1` and the others into; without one, `wayleave.1` is printed
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

/// `init`
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder to write `main.route` into; made where it is missing
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
}

/// Which policy.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// The policy: a file, or a folder with a `main.route`
    #[arg(value_name = "POLICY", default_value = ".")]
    pub(crate) policy: PathBuf,
}

/// Which policy, as its sources or built.
#[derive(Debug, Args)]
pub(crate) struct GivenArgs {
    /// The policy: a file, a folder with a `main.route`, or what `wayleave build` wrote
    #[arg(value_name = "POLICY", default_value = ".")]
    pub(crate) policy: PathBuf,
}

/// `check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    /// The date that the policy is checked for [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
    /// What counts as an error
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) deny: Option<Deny>,
    /// Show notes too: what is worth knowing and needs no mend
    #[arg(long)]
    pub(crate) notes: bool,
    /// Direct checks alone, without what is proven over all requests
    #[arg(long)]
    pub(crate) quick: bool,
}

/// `prove`
#[derive(Debug, Args)]
pub(crate) struct Prove {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Guarantees by name; all without one
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// A condition, as after `when`: only requests of which it holds are asked about
    #[arg(long, value_name = "CONDITION")]
    pub(crate) assume: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// The date that the policy is checked for [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
}

/// What counts as an error beside errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    Warnings,
}

/// `fix`
#[derive(Debug, Args)]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Write nothing; show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `fmt`
#[derive(Debug, Args)]
pub(crate) struct Fmt {
    /// Files, and folders with all `.route` files below them; `-` reads standard input and writes standard output
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Write nothing; name the files that would change, and exit with 1 if there are any
    #[arg(long)]
    pub(crate) check: bool,
    /// Write nothing; show what would change, and exit with 1 if anything would
    #[arg(long)]
    pub(crate) diff: bool,
}

/// `test`
#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    /// Say which rules, arms and parts of conditions no test reaches; in `human`, `plain` and `json`
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Run again after each change of the policy's files, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
}

/// `decide`
#[derive(Debug, Args)]
pub(crate) struct Decide {
    #[command(flatten)]
    pub(crate) policy: GivenArgs,
    /// The request document, JSON: attribute names and values; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) request: PathBuf,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// Decide by the letter of the language, slowly, in place of the compiled program
    #[arg(long)]
    pub(crate) reference: bool,
}

/// `build`
#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", required_unless_present = "text")]
    pub(crate) output: Option<PathBuf>,
    /// Write for people how the policy is decided: classes, boxes, and how they are searched
    #[arg(long, conflicts_with = "output")]
    pub(crate) text: bool,
}

/// `explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The code, such as R0101; without one, all are listed
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// Where keys and log are kept.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    #[arg(long, value_name = "PATH", help = STORE_HELP)]
    pub(crate) store: Option<PathBuf>,
    /// The settings file, where --store does not say [default: wayleave.toml in this folder, where there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
}

/// `serve`
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) policy: GivenArgs,
    /// The settings file [default: wayleave.toml beside the policy, where there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Say which settings are in force and who says so, and serve nothing
    #[arg(long)]
    pub(crate) check_settings: bool,
    /// How --check-settings answers
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human, requires = "check_settings")]
    pub(crate) format: Format,
    /// Make a simulated provider misbehave: PROVIDER[/MODEL]:WHAT,… with refuse, status=503, stall, slow=200ms, cut=3
    /// and every=4; may be given several times
    #[arg(long, value_name = "RULE")]
    pub(crate) simulate: Vec<String>,
    #[command(flatten)]
    pub(crate) set: SettingFlags,
}

/// `keys`
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) verb: KeysVerb,
}

/// The verbs of `keys`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    /// Issue a key and print it, once: only its hash is kept
    #[command(
        after_help = "Example:\n  wayleave keys add --id alice --team search --field data_class=internal"
    )]
    Add(KeysAdd),
    /// List the keys: whose they are, not what they are
    #[command(after_help = "Example:\n  wayleave keys list --format json")]
    List(KeysList),
    /// Make a key worthless within a second
    #[command(after_help = "Example:\n  wayleave keys revoke 5d41402abc4b")]
    Revoke(KeysRevoke),
}

/// `keys add`
#[derive(Debug, Args)]
pub(crate) struct KeysAdd {
    /// Whose key it is: `caller.id`
    #[arg(long, value_name = "ID")]
    pub(crate) id: String,
    /// The caller's team: `caller.team`
    #[arg(long, value_name = "TEAM")]
    pub(crate) team: Option<String>,
    /// The caller's application: `caller.app`
    #[arg(long, value_name = "APP")]
    pub(crate) app: Option<String>,
    /// A group of the caller: one of `caller.groups`; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// A field that the policy reads with `from credential "NAME"`; may be given several times
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub(crate) fields: Vec<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// `keys list`
#[derive(Debug, Args)]
pub(crate) struct KeysList {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// `keys revoke`
#[derive(Debug, Args)]
pub(crate) struct KeysRevoke {
    /// Which key: the first column of `keys list`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// `log`
#[derive(Debug, Args)]
pub(crate) struct Log {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Show one decision whole; the beginning of its id will do
    #[arg(long, value_name = "ID", conflicts_with_all = ["summary", "follow"])]
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) select: Selection,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: u32,
    /// Go on with new ones as they are written, oldest first
    #[arg(long, conflicts_with = "summary")]
    pub(crate) follow: bool,
    /// Count by these, comma-separated: app, team, model, target, route, outcome
    #[arg(long, value_name = "COLUMNS", num_args = 0..=1, default_missing_value = "app,model,target")]
    pub(crate) summary: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// What a decision can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Decided {
    Route,
    Deny,
}

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where callers connect
    #[arg(long, value_name = "ADDRESS", default_value = LISTEN, value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// Where the console is shown
    #[arg(long, value_name = "ADDRESS", default_value = ADMIN, value_parser = address)]
    pub(crate) admin: SocketAddr,
    /// Stop after this long, such as `30s` or `5min` [default: until Ctrl-C]
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) duration: Option<String>,
    /// Open the console in a browser
    #[arg(long)]
    pub(crate) browser: bool,
}
