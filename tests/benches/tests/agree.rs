//! Every engine answers a small policy of each family as the plain loop does, and an answer that is wrong is found.

use wayleave_benches::crosscheck::{Mismatch, first_mismatch};
use wayleave_benches::engines::{KINDS, Kind, plain};
use wayleave_benches::policy::{Family, Policy};
use wayleave_benches::request::Request;
use wayleave_benches::run::stage;

const RULES: usize = 50;
const REQUESTS: usize = 200;

fn expected(policy: &Policy, requests: &[Request]) -> Vec<Option<u32>> {
    requests.iter().map(|request| plain::first(&policy.rules, request)).collect()
}

fn answers(kind: &Kind, policy: &Policy, requests: &'static [Request]) -> [Vec<Option<u32>>; 2] {
    let texts = (kind.write)(policy);
    let mut engine = (kind.load)(policy, &texts).unwrap_or_else(|reason| panic!("{}: {reason}", kind.id));
    engine.prepare(requests);
    let prepared: Vec<Option<u32>> = (0..requests.len()).map(|index| engine.decide(index)).collect();
    let afresh = |request: &'static Request| engine.decide_afresh(request);
    let afresh = requests.iter().map(afresh).collect::<Option<Vec<_>>>();
    let afresh = afresh.unwrap_or_else(|| prepared.clone());
    [prepared, afresh]
}

#[test]
fn every_engine_answers_as_the_plain_loop_does() {
    for family in Family::ALL {
        let (policy, requests) = stage(family, RULES, REQUESTS);
        let expected = expected(&policy, requests);
        let matched = expected.iter().flatten().count();
        assert!(matched > REQUESTS / 4, "{family:?}: {matched} requests meet a rule");
        for kind in &KINDS {
            for answered in answers(kind, &policy, requests) {
                assert_eq!(answered.len(), REQUESTS);
                let mismatch = first_mismatch(&expected, &answered);
                assert_eq!(
                    mismatch,
                    None,
                    "{} on {family:?}: {:?}",
                    kind.id,
                    mismatch.as_ref().map(|m| &requests[m.request])
                );
            }
        }
    }
}

#[test]
fn a_wrong_answer_is_found() {
    let (policy, requests) = stage(Family::Realistic, RULES, REQUESTS);
    let expected = expected(&policy, requests);
    let mut answered = expected.clone();
    let wrong = expected.iter().rposition(Option::is_some).expect("some request meets a rule");
    answered[wrong] = Some(49_999);
    let mismatch = Mismatch { request: wrong, expected: expected[wrong], answered: Some(49_999) };
    assert_eq!(first_mismatch(&expected, &answered), Some(mismatch));
    answered[wrong] = None;
    assert!(first_mismatch(&expected, &answered).is_some());
}

#[test]
fn the_same_seed_gives_the_same_policy_and_requests() {
    let (policy, requests) = stage(Family::Realistic, RULES, REQUESTS);
    let (again, requests_again) = stage(Family::Realistic, RULES, REQUESTS);
    assert_eq!(policy, again);
    assert_eq!(requests, requests_again);
}
