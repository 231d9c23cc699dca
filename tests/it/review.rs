//! Ten changes to `examples/acme`, one after the other, and the comment that a pull request of each gets.
//!
//! `tests/suite/review/NN-NAME.patch` is a change, `NN-NAME.md` its comment. With WAYLEAVE_UPDATE=1 the comments are written
//! anew: read them.

use crate::cli::{Scratch, binary};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Runs a command that must not fail to start.
fn run(program: &Path, arguments: &[&str], inside: &Path) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(inside);
    // What the machine's own settings say of git is of no account here.
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("NO_COLOR", "1");
    for (name, value) in [("NAME", "somebody"), ("EMAIL", "somebody@example.org")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    command.output().unwrap_or_else(|error| panic!("{}: {error}", program.display()))
}

fn git(arguments: &[&str], inside: &Path) {
    let output = run(Path::new("git"), arguments, inside);
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in
        std::fs::read_dir(from).expect("the folder is there").map(|entry| entry.expect("it is readable"))
    {
        let (path, own) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &own);
        } else {
            std::fs::copy(&path, &own).expect("a file can be copied");
        }
    }
}

#[test]
fn each_change_has_its_comment() {
    let suite = folder("tests/suite/review");
    let scratch = Scratch::new("review");
    let repository = scratch.0.as_path();
    copy(&folder("examples/acme"), &repository.join("policies"));
    git(&["init", "--quiet"], repository);
    git(&["add", "--all"], repository);
    git(&["commit", "--quiet", "--message", "acme"], repository);
    let mut patches: Vec<PathBuf> = std::fs::read_dir(&suite)
        .expect("the suite is there")
        .map(|entry| entry.expect("it is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "patch"))
        .collect();
    patches.sort();
    assert!(patches.len() >= 10);
    let mut wrong = Vec::new();
    for patch in patches {
        git(&["apply", patch.to_str().expect("paths are Unicode")], repository);
        git(&["commit", "--quiet", "--all", "--message", "a change"], repository);
        let arguments = ["review", "--base", "HEAD~1", "--as-of", "2026-12-01", "policies"];
        let output = run(&binary(), &arguments, repository);
        assert!(output.stderr.is_empty(), "{}: {}", patch.display(), String::from_utf8_lossy(&output.stderr));
        let status = output.status.code().expect("it ended by itself");
        let comment = String::from_utf8(output.stdout).expect("it is text");
        let said = format!("{comment}\n<!-- exit status {status} -->\n");
        let expected = patch.with_extension("md");
        if std::env::var_os("WAYLEAVE_UPDATE").is_some() {
            std::fs::write(&expected, &said).expect("the suite can be written");
        }
        let known = std::fs::read_to_string(&expected).unwrap_or_default();
        if known != said {
            wrong.push(format!("{}: wanted\n{known}\nand it is\n{said}", patch.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_policy_is_compared_from_its_own_folder_and_where_the_base_has_none() {
    let scratch = Scratch::new("review-own-folder");
    let repository = scratch.0.as_path();
    let policies = repository.join("policies");
    copy(&folder("examples/first-policy"), &policies);
    git(&["init", "--quiet"], repository);
    git(&["add", "--all"], repository);
    git(&["commit", "--quiet", "--message", "a policy"], repository);
    let output = run(&binary(), &["diff", "HEAD:./", ".", "--exit-code"], &policies);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    // Whoever adds a policy has nothing to compare it with, and a comment all the same.
    copy(&folder("examples/first-policy"), &repository.join("more"));
    let output = run(&binary(), &["review", "--base", "HEAD", "more"], repository);
    let comment = String::from_utf8(output.stdout).expect("it is text");
    assert!(comment.contains("`HEAD` has no policy there, so nothing was compared"), "{comment}");
    assert_eq!(output.status.code(), Some(1), "it is not said to be safe");
    let output = run(&binary(), &["review", "--base", "nowhere", "more"], repository);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("`nowhere` is no revision of this repository"), "{told}");
}
