//! Which rows go into the next pass.

use super::Limits;

/// What a plan must know of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Ids of its text that are not read.
    pub unread: usize,
    /// Whether its answer has begun: then one id is unread, and somebody waits for the next.
    pub is_answering: bool,
    /// Rows that it can take at once.
    pub most: usize,
    /// Its place among all; lower comes first.
    pub place: (i32, u64),
}

/// Rows of one sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Which sequence, of those that were asked about.
    pub at: usize,
    /// How many; at least one.
    pub rows: usize,
}

/// Answers first, a row each; then prompts in order, as far as the rows go. In the order of the sequences.
pub fn plan(needs: &[Need], limits: &Limits) -> Vec<Rows> {
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|&at| needs[at].place);
    let (answers, prompts): (Vec<usize>, Vec<usize>) =
        order.into_iter().partition(|&at| needs[at].is_answering);
    let mut rows: Vec<Rows> =
        answers.iter().take(limits.rows).map(|&at| Rows { at, rows: 1 }).collect();
    let mut left = match rows.len() {
        0 => limits.rows,
        // Whatever else is said, prompts go on.
        answering => limits.rows.saturating_sub(answering).min(limits.rows_beside).max(1),
    };
    for at in prompts {
        let take = needs[at].unread.min(needs[at].most).min(left);
        if take > 0 {
            rows.push(Rows { at, rows: take });
            left -= take;
        }
    }
    rows.sort_unstable_by_key(|rows| rows.at);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(unread: usize, place: (i32, u64)) -> Need {
        Need { unread, is_answering: false, most: usize::MAX, place }
    }

    fn answer(place: (i32, u64)) -> Need {
        Need { unread: 1, is_answering: true, most: 1, place }
    }

    fn check(needs: &[Need], expected: &[(usize, usize)]) {
        let limits = Limits { rows: 100, rows_beside: 30, ..Limits::default() };
        let got: Vec<_> = plan(needs, &limits).iter().map(|r| (r.at, r.rows)).collect();
        assert_eq!(got, expected, "{needs:?}");
    }

    #[test]
    fn answers_come_first_and_prompts_share_what_is_left() {
        check(&[], &[]);
        check(&[prompt(500, (0, 0))], &[(0, 100)]);
        check(&[prompt(40, (0, 0)), prompt(500, (0, 1))], &[(0, 40), (1, 60)]);
        check(&[prompt(500, (0, 0)), answer((0, 1))], &[(0, 30), (1, 1)]);
        check(
            &[prompt(20, (0, 0)), answer((0, 1)), prompt(20, (0, 2))],
            &[(0, 20), (1, 1), (2, 10)],
        );
    }

    #[test]
    fn the_urgent_prompt_is_read_first() {
        check(&[prompt(500, (0, 0)), prompt(80, (-1, 1))], &[(0, 20), (1, 80)]);
        check(&[prompt(500, (0, 0)), prompt(180, (-1, 1))], &[(1, 100)]);
    }

    #[test]
    fn what_a_sequence_can_take_at_once_bounds_it() {
        let few = Need { most: 8, ..prompt(50, (0, 0)) };
        check(&[few, prompt(500, (0, 1))], &[(0, 8), (1, 92)]);
    }

    #[test]
    fn many_answers_leave_a_row_for_prompts() {
        let mut needs: Vec<Need> = (0..150).map(|i| answer((0, i))).collect();
        needs.push(prompt(50, (0, 999)));
        let limits = Limits { rows: 100, ..Limits::default() };
        let got = plan(&needs, &limits);
        assert_eq!((got.len(), got[100]), (101, Rows { at: 150, rows: 1 }));
    }
}
