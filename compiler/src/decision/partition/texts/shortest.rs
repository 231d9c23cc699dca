//! For each set of patterns the shortest text that they match, no other does and that is no literal: the first that a search by
//! length finds. It walks the product and the tree of the literals at once; as the way to each branch of the tree is one
//! text, the tree adds to the states of the product and does not multiply them.

use super::alphabet::preference;
use super::product::Product;
use std::collections::BTreeMap;
use std::ops::Range;

/// A text, as the way to it.
struct Node {
    state: u32,
    /// The literals that begin with it; none as soon as none does.
    literals: Range<usize>,
    length: usize,
    /// The node before and the byte that was added; the root has itself.
    before: usize,
    byte: u8,
}

/// By set of patterns, as bits, the shortest text that is none of `literals` (ascending and distinct), among the shortest the
/// first by [`preference`] of their bytes. A set has no text where only literals are of it.
pub(super) fn others(product: &Product, literals: &[&str]) -> BTreeMap<u64, String> {
    let wanted = product.sets().len();
    let mut found: BTreeMap<u64, String> = BTreeMap::new();
    // Beside the literals, the first text that comes to a state is the least that does; a later one leads to nothing less.
    let mut is_seen = vec![false; product.states() as usize];
    let mut nodes = vec![Node { state: 0, literals: 0..literals.len(), length: 0, before: 0, byte: 0 }];
    is_seen[0] = literals.is_empty();
    let mut at = 0;
    while at < nodes.len() && found.len() < wanted {
        let node = &nodes[at];
        let is_literal =
            literals[node.literals.clone()].first().is_some_and(|text| text.len() == node.length);
        if let (Some(set), false) = (product.end(node.state), is_literal) {
            found.entry(set).or_insert_with(|| text(&nodes, at));
        }
        let (length, state) = (node.length + 1, node.state);
        for (byte, group, literals) in moves(product, literals, node) {
            let Some(state) = product.next(state, group) else { continue };
            if literals.is_empty() && std::mem::replace(&mut is_seen[state as usize], true) {
                continue;
            }
            nodes.push(Node { state, literals, length, before: at, byte });
        }
        at += 1;
    }
    found
}

/// The bytes that can come next, by preference, each with its group and the literals that go on so: every byte with which one
/// does, and of each group the first with which none does.
fn moves(product: &Product, literals: &[&str], node: &Node) -> Vec<(u8, usize, Range<usize>)> {
    let alphabet = product.alphabet();
    let mut moves = Vec::new();
    let mut is_branch = [false; 256];
    let mut start = node.literals.start;
    while start < node.literals.end {
        // The literal that ends here comes before those that go on.
        let Some(byte) = literals[start].as_bytes().get(node.length).copied() else {
            start += 1;
            continue;
        };
        let same = |text: &&str| text.as_bytes().get(node.length) == Some(&byte);
        let end = start + literals[start..node.literals.end].partition_point(same);
        is_branch[usize::from(byte)] = true;
        moves.push((byte, usize::from(alphabet.groups()[usize::from(byte)]), start..end));
        start = end;
    }
    for (group, members) in alphabet.members().iter().enumerate() {
        let free = members.iter().find(|byte| !is_branch[usize::from(**byte)]);
        moves.extend(free.map(|byte| (*byte, group, 0..0)));
    }
    moves.sort_unstable_by_key(|(byte, ..)| preference(*byte));
    moves
}

fn text(nodes: &[Node], mut at: usize) -> String {
    let mut bytes = Vec::with_capacity(nodes[at].length);
    while nodes[at].length > 0 {
        bytes.push(nodes[at].byte);
        at = nodes[at].before;
    }
    bytes.reverse();
    String::from_utf8(bytes).expect("the product is of UTF-8 and the set was asked between characters")
}
