//! Built programs: what is written is read back and decides the same; what is damaged or forged is refused or harmless.

use crate::decide::{cases, each_policy, policy, request};
use fastrand::Rng;
use sha2::{Digest, Sha256};
use wayleave_compiler::decision::Compiled;
use wayleave_compiler::portable::{MAGIC, Unusable, is_program, read, write};
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_tests::agreement::checked;

#[test]
fn what_is_written_is_read_back() {
    each_policy(|path, files| {
        let policy = policy(files);
        let bytes = write(&policy);
        assert!(is_program(&bytes) && bytes == write(&policy));
        let again = read(&bytes).unwrap_or_else(|unusable| panic!("{}: {unusable}", path.display()));
        assert_eq!(again.fingerprint(), policy.fingerprint());
        assert_eq!(write(&again), bytes, "{}", path.display());
        let (first, second) = (Compiled::new(policy), Compiled::new(again));
        for (case, _) in cases(path) {
            let program = wayleave_compiler::spec::Reference::new(first.policy().clone());
            let asked = request(&program, &case);
            assert_eq!(first.decide(&asked), second.decide(&asked), "{}: {case}", path.display());
        }
    });
}

/// A whole policy as bytes, with a good deal of the language in it.
fn written() -> Vec<u8> {
    write(&checked(&wayleave_tests::policies::policy(&mut Rng::with_seed(7))))
}

#[test]
fn what_is_damaged_or_foreign_is_refused() {
    let bytes = written();
    assert!(read(&bytes).is_ok());
    for length in (0..bytes.len()).step_by(61) {
        assert!(read(&bytes[..length]).is_err(), "cut to {length}");
    }
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x41;
        assert!(read(&damaged).is_err(), "byte {at}");
    }
    assert_eq!(read(b"edition 2026\n").err(), Some(Unusable::Foreign));
    let mut newer = bytes.clone();
    newer[MAGIC.len()] = b'9';
    assert_eq!(read(&newer).err(), Some(Unusable::Version { found: 9, known: 1 }));
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(read(&longer).err(), Some(Unusable::Damaged));
}

/// Bytes changed by somebody who knows how the checksum is made: refused, or a policy that can be asked.
#[test]
fn what_is_forged_panics_nowhere() {
    let bytes = written();
    let body = MAGIC.len() + 2 + 32;
    let mut random = Rng::with_seed(1);
    for _ in 0..3_000 {
        let mut forged = bytes.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(body..forged.len());
            forged[at] = random.u8(..);
        }
        let checksum = Sha256::digest(&forged[body..]);
        forged[body - 32..body].copy_from_slice(&checksum);
        if let Ok(policy) = read(&forged) {
            let program = Compiled::new(policy);
            let _ = program.decide(&Attributes::new(program.schema()));
        }
    }
}
