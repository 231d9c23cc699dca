//! JUnit's XML, as CI servers read it: of a check a suite for each file and a case for each diagnostic, of tests a case each.

use super::Report;
use quick_junit::{NonSuccessKind, Report as Written, TestCase, TestCaseStatus, TestSuite};
use wayleave_compiler::Diagnostic;
use wayleave_compiler::diagnostic::render::{printable, render_plain};
use wayleave_compiler::source::{Sources, Span};

/// One test of a policy.
pub(crate) struct Case {
    /// Its title.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) span: Span,
    /// What went wrong, in a line and at length; none where it passed.
    pub(crate) failure: Option<(String, String)>,
}

/// What a check found.
pub(crate) fn of_check(report: &Report<'_>) -> String {
    let mut written = Written::new("wayleave check");
    for id in report.sources.ids() {
        let path = &report.sources.file(id).path;
        let told = || report.diagnostics.iter().filter(|told| told.primary.span.file == id);
        let mut suite = TestSuite::new(printable(path));
        for diagnostic in told() {
            suite.add_test_case(told_case(diagnostic, report));
        }
        if told().next().is_none() {
            suite.add_test_case(placed(TestCase::new("no errors", TestCaseStatus::success()), path, None));
        }
        written.add_test_suite(suite);
    }
    written.to_string().unwrap_or_default()
}

fn told_case(told: &Diagnostic, report: &Report<'_>) -> TestCase {
    let at = report.sources.start(told.primary.span);
    let name = format!("{} at {}:{}", told.code.name(), at.line, at.column);
    let words = render_plain(std::slice::from_ref(told), report.sources);
    let path = &report.sources.file(told.primary.span.file).path;
    if !(report.fails)(told) {
        let mut case = TestCase::new(name, TestCaseStatus::success());
        case.set_system_out(words);
        return placed(case, path, Some(at.line));
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status
        .set_type(format!("{} {}", told.code.name(), told.code.title()))
        .set_message(printable(&told.message))
        .set_description(words);
    placed(TestCase::new(name, status), path, Some(at.line))
}

/// What came of a policy's tests.
pub(crate) fn of_tests(cases: &[Case], sources: &Sources) -> String {
    let mut written = Written::new("wayleave test");
    let mut suite = TestSuite::new("tests of the policy");
    if cases.is_empty() {
        // Without a case a server shows nothing at all beside a job that failed.
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("no tests").set_message("no tests in the policy: nothing was tested");
        let root = sources.files().first().map_or("", |root| root.path.as_str());
        suite.add_test_case(placed(TestCase::new("the policy has tests", status), root, None));
    }
    for case in cases {
        let status = match &case.failure {
            None => TestCaseStatus::success(),
            Some((message, description)) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_type("R0403 a test that fails").set_message(message).set_description(description);
                status
            }
        };
        let path = &sources.file(case.span.file).path;
        let line = sources.start(case.span).line;
        suite.add_test_case(placed(TestCase::new(printable(&case.name), status), path, Some(line)));
    }
    written.add_test_suite(suite);
    written.to_string().unwrap_or_default()
}

/// With the file as its class, which every server shows, and as attributes, which some link.
fn placed(mut case: TestCase, path: &str, line: Option<u32>) -> TestCase {
    case.set_classname(printable(path));
    case.extra.insert("file".into(), printable(path).into());
    if let Some(line) = line {
        case.extra.insert("line".into(), line.to_string().into());
    }
    case
}
