//! The verbs, one file each: from typed flags to what is printed and an exit status.

mod approvals;

mod build;

mod check;

mod completions;

mod decide;

mod demo;

mod describe;

mod diff;

mod explain;

mod fix;

mod fmt;

mod graph;

mod init;

mod keys;

mod log;

mod lsp;

mod man;

mod prove;

mod replay;

mod review;

mod serve;

mod test;

mod what_can;

mod who_can;

pub(crate) use check::as_of;

use crate::args::Verb;
use crate::output::{Exit, Failure, Terminal};

/// Carries out one verb.
pub(crate) fn run(verb: Verb, terminal: Terminal) -> Result<Exit, Failure> {
    match verb {
        Verb::Init(init) => init::run(&init),
        Verb::Check(check) => check::run(&check, terminal),
        Verb::Prove(prove) => prove::run(&prove, terminal),
        Verb::Approvals(approvals) => approvals::run(&approvals, terminal),
        Verb::WhoCan(who_can) => who_can::run(&who_can, terminal),
        Verb::WhatCan(what_can) => what_can::run(&what_can, terminal),
        Verb::Describe(describe) => describe::run(&describe, terminal),
        Verb::Graph(graph) => graph::run(&graph, terminal),
        Verb::Diff(diff) => diff::run(&diff, terminal),
        Verb::Review(review) => review::run(&review, terminal),
        Verb::Fix(fix) => fix::run(&fix, terminal),
        Verb::Fmt(fmt) => fmt::run(&fmt, terminal),
        Verb::Test(test) => test::run(&test, terminal),
        Verb::Decide(decide) => decide::run(&decide, terminal),
        Verb::Build(build) => build::run(&build, terminal),
        Verb::Explain(explain) => explain::run(&explain),
        Verb::Serve(serve) => serve::run(&serve, terminal),
        Verb::Keys(keys) => keys::run(keys.verb),
        Verb::Replay(replay) => replay::run(&replay, terminal),
        Verb::Log(log) => log::run(&log, terminal),
        Verb::Demo(demo) => demo::run(&demo, terminal),
        Verb::Lsp => lsp::run(),
        Verb::Completions(completions) => completions::run(&completions),
        Verb::Man(man) => man::run(&man),
    }
}
