//! The order in which things that name one another can be built, and the circles that forbid it.

/// Nodes ordered so that each stands after those it depends on, and the circles among them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Every node that neither stands in a circle nor depends on one.
    pub(super) nodes: Vec<usize>,
    /// Each circle once, as nodes of which each names the next and the last the first.
    pub(super) circles: Vec<Vec<usize>>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Good,
    Bad,
}

/// Orders the nodes `0..edges.len()`, where node `n` depends on `edges[n]`. Iterative: chains may be long.
pub(super) fn order(edges: &[Vec<usize>]) -> Order {
    let mut state = vec![State::New; edges.len()];
    let mut order = Order { nodes: Vec::new(), circles: Vec::new() };
    for start in 0..edges.len() {
        if state[start] != State::New {
            continue;
        }
        state[start] = State::Open;
        // Each entry is a node and how many of its edges were followed.
        let mut path = vec![(start, 0)];
        while let Some((node, next)) = path.pop() {
            let Some(to) = edges[node].get(next).copied() else {
                let is_good = edges[node].iter().all(|to| state[*to] == State::Good);
                state[node] = if is_good { State::Good } else { State::Bad };
                if is_good {
                    order.nodes.push(node);
                }
                continue;
            };
            path.push((node, next + 1));
            match state[to] {
                State::New => {
                    state[to] = State::Open;
                    path.push((to, 0));
                }
                State::Open => {
                    let circle = path.iter().map(|(at, _)| *at).skip_while(|at| *at != to);
                    order.circles.push(circle.collect());
                }
                State::Good | State::Bad => {}
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_come_first_and_circles_poison_what_needs_them() {
        let found = order(&[vec![1], vec![2], vec![], vec![4], vec![3], vec![3, 2]]);
        assert_eq!(found.nodes, [2, 1, 0]);
        assert_eq!(found.circles, [[3, 4]]);
        assert_eq!(order(&[vec![0]]).circles, [[0]]);
    }

    #[test]
    fn a_chain_of_a_million_needs_no_deep_stack() {
        let edges: Vec<Vec<usize>> =
            (1..=1_000_000).map(|to| if to < 1_000_000 { vec![to] } else { vec![] }).collect();
        assert_eq!(order(&edges).nodes.len(), 1_000_000);
    }
}
