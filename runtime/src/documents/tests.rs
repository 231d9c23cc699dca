//! What is remembered of a decision is what would be written of it now.

use super::*;
use wayleave_program::decision::{Outcome, Reason, RuleName};
use wayleave_program::source_view::{SourceText, Spot};

fn denied(rule: &str) -> Decision {
    let reason = Reason { by: RuleName::Deny(rule.to_owned()), words: format!("because of {rule}") };
    Decision { reasons: vec![reason], ..Decision::of(Outcome::Deny) }
}

fn view() -> SourceView {
    let place = Place { file: 0, line: 3, end_line: 4 };
    SourceView {
        files: vec![SourceText { path: "main.route".to_owned(), text: String::new() }],
        places: [(Spot::Rule(RuleName::Deny("a".to_owned())), place)].into(),
    }
}

#[test]
fn a_decision_is_written_once_and_each_as_it_is() {
    let (catalogue, view) = (Catalogue::default(), view());
    let fingerprint = Fingerprint { policy: "sha256:p".to_owned(), source: "sha256:s".to_owned() };
    let policy = Source { catalogue: &catalogue, fingerprint: &fingerprint, view: &view };
    let documents = Documents::default();
    let (one, other) = (denied("a"), denied("b"));
    let first = documents.of(policy, &one);
    assert!(Arc::ptr_eq(&first, &documents.of(policy, &one)));
    for decision in [&one, &other, &Decision::of(Outcome::Route)] {
        assert_eq!(*documents.of(policy, decision), write(policy, decision));
    }
    let text = serde_json::to_string(&first.document).expect("a document");
    assert_eq!(text, document::write_decision(&one, &catalogue, &fingerprint).to_string());
    let lines: Arc<[RecordedLines]> =
        Arc::from([RecordedLines { file: "main.route".to_owned(), line: 3, end_line: 4 }]);
    assert_eq!((&first.lines, &documents.of(policy, &other).lines), (&lines, &Arc::default()));
}

#[test]
fn decisions_without_end_are_forgotten() {
    let (catalogue, view) = (Catalogue::default(), view());
    let fingerprint = Fingerprint { policy: String::new(), source: String::new() };
    let documents = Documents::default();
    for number in 0..=DECISIONS_LIMIT {
        documents.of(
            Source { catalogue: &catalogue, fingerprint: &fingerprint, view: &view },
            &denied(&number.to_string()),
        );
    }
    assert_eq!(documents.known.read().expect("nothing panicked").len(), 1);
}
