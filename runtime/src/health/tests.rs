//! Circuits in time.

use super::circuit::{Circuit, Role};
use super::*;

#[test]
fn a_circuit_opens_longer_each_time_and_closes_on_content() {
    let rules = Rules { failures: 2, open_ms: 10, open_longest_ms: 25, ..Rules::STANDARD };
    let mut circuit = Circuit::default();
    circuit.failed(Role::Usual, &rules, 0);
    circuit.succeeded(Role::Usual);
    circuit.failed(Role::Usual, &rules, 0);
    assert_eq!(circuit.closed_off_until(0), None, "a success between two failures forgets the first");
    circuit.failed(Role::Usual, &rules, 0);
    let mut now_ms = 0;
    for open_ms in [10, 20, 25, 25] {
        assert_eq!(circuit.closed_off_until(now_ms), Some(now_ms + open_ms));
        now_ms += open_ms;
        assert_eq!(circuit.closed_off_until(now_ms), None);
        assert_eq!(circuit.begin(now_ms), Role::Probe);
        assert_eq!(circuit.begin(now_ms), Role::Usual, "one probe at a time");
        // Late news of calls that began before the circuit opened change nothing.
        circuit.failed(Role::Usual, &rules, now_ms);
        circuit.succeeded(Role::Usual);
        assert!(matches!(circuit, Circuit::Probing { .. }));
        circuit.failed(Role::Probe, &rules, now_ms);
    }
    now_ms += 25;
    assert_eq!(circuit.begin(now_ms), Role::Probe);
    circuit.given_up(Role::Probe);
    assert_eq!(circuit.begin(now_ms), Role::Probe, "a probe that nobody waited for is made again");
    circuit.answers(Role::Probe);
    assert_eq!(circuit.closed_off_until(now_ms), None);
}
