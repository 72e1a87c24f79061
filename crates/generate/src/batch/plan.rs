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

/// Answers first, a row each; then prompts, as far as the rows go. In the order of the sequences.
pub fn plan(needs: &[Need], limits: &Limits) -> Vec<Rows> {
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|&at| needs[at].place);
    let (answers, prompts): (Vec<usize>, Vec<usize>) =
        order.into_iter().partition(|&at| needs[at].is_answering);
    let mut rows: Vec<Rows> =
        answers.iter().take(limits.rows).map(|&at| Rows { at, rows: 1 }).collect();
    let left = match rows.len() {
        0 => limits.rows,
        // Whatever else is said, prompts go on.
        answering => limits.rows.saturating_sub(answering).min(limits.rows_beside).max(1),
    };
    rows.extend(shares(needs, prompts, left));
    rows.sort_unstable_by_key(|rows| rows.at);
    rows
}

/// Rows for prompts, which are given in order. The first gets half of them at least, so that it goes on
/// whoever comes; of what is left most goes to the one that has least before it, so that a short text need not
/// wait for a long one. Where all are as long, they are read in order.
fn shares(needs: &[Need], mut prompts: Vec<usize>, rows: usize) -> Vec<Rows> {
    let Some(&first) = prompts.first() else { return Vec::new() };
    let wanted = |at: usize| needs[at].unread.min(needs[at].most);
    let sure = wanted(first).min(rows.div_ceil(2));
    let sure_of = |at: usize| if at == first { sure } else { 0 };
    prompts.sort_by_key(|&at| {
        let (urgency, arrival) = needs[at].place;
        (urgency, needs[at].unread - sure_of(at), arrival)
    });
    let mut left = rows - sure;
    let share = |at: usize| {
        let more = (wanted(at) - sure_of(at)).min(left);
        left -= more;
        Rows { at, rows: sure_of(at) + more }
    };
    prompts.into_iter().map(share).filter(|share| share.rows > 0).collect()
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
    fn a_short_prompt_need_not_wait_for_a_long_one_that_goes_on_meanwhile() {
        let beside = answer((0, 9));
        check(&[prompt(500, (0, 0)), prompt(12, (0, 1)), beside], &[(0, 18), (1, 12), (2, 1)]);
        check(&[prompt(500, (0, 0)), prompt(90, (0, 1)), beside], &[(0, 15), (1, 15), (2, 1)]);
        check(
            &[prompt(500, (0, 0)), prompt(90, (0, 1)), prompt(9, (0, 2)), beside],
            &[(0, 15), (1, 6), (2, 9), (3, 1)],
        );
        // Of two that are as long the first is read first.
        check(&[prompt(90, (0, 0)), prompt(90, (0, 1)), beside], &[(0, 30), (2, 1)]);
        check(&[prompt(20, (0, 0)), prompt(90, (0, 1)), beside], &[(0, 20), (1, 10), (2, 1)]);
        // A long one that came later waits, and an urgent one does not.
        check(&[prompt(20, (0, 0)), prompt(500, (-1, 1)), beside], &[(1, 30), (2, 1)]);
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
