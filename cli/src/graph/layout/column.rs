//! Blocks in a column, each as near as can be to where it wants to be: the least squares of how far they are from it.

/// Where blocks of these heights begin that want to begin there, none above `top`, in this order, `gap` apart. Pools those that
/// would overlap, as isotonic regression does.
pub(super) fn placed(wanted: &[(i32, i32)], top: i32, gap: i32) -> Vec<i32> {
    // Of each pool: the sum of where its blocks want its first line, and how many they are.
    let mut pools: Vec<(i64, i64)> = Vec::new();
    let mut above = 0_i64;
    let mut offsets = Vec::with_capacity(wanted.len());
    for (begin, height) in wanted {
        offsets.push(above);
        let mut pool = (i64::from(*begin) - above, 1);
        while let Some(last) = pools.last().copied().filter(|last| last.0 * pool.1 > pool.0 * last.1) {
            pools.pop();
            pool = (last.0 + pool.0, last.1 + pool.1);
        }
        pools.push(pool);
        above += i64::from(height + gap);
    }
    let firsts = pools.iter().flat_map(|(sum, count)| {
        std::iter::repeat_n((sum / count).max(i64::from(top)), usize::try_from(*count).unwrap_or(0))
    });
    let begin = |(first, offset): (i64, &i64)| i32::try_from(first + offset).unwrap_or(i32::MAX);
    firsts.zip(&offsets).map(begin).collect()
}

#[cfg(test)]
mod tests {
    use super::placed;

    #[test]
    fn blocks_stand_where_they_want_or_share_the_distance() {
        assert_eq!(placed(&[(10, 20), (100, 20)], 0, 5), [10, 100]);
        assert_eq!(placed(&[(50, 20), (50, 20)], 0, 0), [40, 60]);
        assert_eq!(placed(&[(-50, 20), (-50, 20)], 10, 5), [10, 35]);
        assert_eq!(placed(&[], 0, 5), [] as [i32; 0]);
    }
}
