//! Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", 2011):
//! four random words as a function of a counter and a key, with nothing kept between calls. Any
//! word can be made anywhere, by any thread, and made again.
//!
//! A round multiplies two of the counter's words to twice their width and mixes the halves with the
//! other two and the key; ten rounds pass the authors' tests with room to spare. Not for secrets.

use crate::lanes::WIDTH;

const ROUNDS: usize = 10;
/// The factors of words 0 and 2.
const FACTORS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
/// What the key's words grow by from round to round.
const STEPS: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

/// The four words of a counter.
pub fn words(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    rounds(counter.map(|word| [word]), key).map(|[word]| word)
}

/// The words of [`WIDTH`] counters that follow one another, `[w][l]` being word `w` of the counter
/// whose low half is `first + l` and whose high half is `high`.
#[inline(always)]
pub fn words_in_lanes(first: u64, high: u64, key: [u32; 2]) -> [[u32; WIDTH]; 4] {
    let counter = |word: u64| [word as u32, (word >> 32) as u32];
    let low: [[u32; 2]; WIDTH] = std::array::from_fn(|l| counter(first.wrapping_add(l as u64)));
    let [third, fourth] = counter(high);
    let of = |w: usize| low.map(|counter| counter[w]);
    rounds([of(0), of(1), [third; WIDTH], [fourth; WIDTH]], key)
}

/// All rounds, of `N` counters side by side.
#[expect(clippy::needless_range_loop, reason = "four arrays in step become vector instructions")]
#[inline(always)]
fn rounds<const N: usize>(mut counters: [[u32; N]; 4], mut key: [u32; 2]) -> [[u32; N]; 4] {
    for _ in 0..ROUNDS {
        for l in 0..N {
            let [a, b, c, d] = [counters[0][l], counters[1][l], counters[2][l], counters[3][l]];
            let first = u64::from(a) * u64::from(FACTORS[0]);
            let second = u64::from(c) * u64::from(FACTORS[1]);
            counters[0][l] = (second >> 32) as u32 ^ b ^ key[0];
            counters[1][l] = second as u32;
            counters[2][l] = (first >> 32) as u32 ^ d ^ key[1];
            counters[3][l] = first as u32;
        }
        key = [key[0].wrapping_add(STEPS[0]), key[1].wrapping_add(STEPS[1])];
    }
    counters
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that come with the authors' Random123 1.14: counter, key, words.
    const KNOWN: [([u32; 4], [u32; 2], [u32; 4]); 3] = [
        ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        ),
    ];

    #[test]
    fn words_are_those_of_the_authors() {
        for (counter, key, expected) in KNOWN {
            assert_eq!(words(counter, key), expected);
        }
    }

    #[test]
    fn lanes_are_counters_that_follow_one_another() {
        let (key, high) = ([7, 0xdead_beef], 0x0123_4567_89ab_cdef);
        // The second's low words run over within the lanes.
        for first in [0, (1 << 32) - 5, u64::MAX - 3] {
            let lanes = words_in_lanes(first, high, key);
            for l in 0..WIDTH {
                let low = first.wrapping_add(l as u64);
                let counter = [low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32];
                assert_eq!(lanes.map(|word| word[l]), words(counter, key), "{first}, lane {l}");
            }
        }
    }
}
