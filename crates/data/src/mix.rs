//! Several streams as one, in given shares: this much of one corpus, that much of another.
//!
//! Which stream comes next is counted out and not drawn, so that after any number of documents each
//! stream has given its share of them, rounded down or up. A stream that ends is left out from then
//! on, and counting begins anew among the others; or it is begun anew itself ([`Epochs`]).
//!
//! What comes depends on the streams and their weights only, so a mixture resumes by the number of
//! documents that were taken: they are read again and dropped ([`Mix::skip_documents`]). Leaves out
//! shares that change on the way.

mod quota;

use crate::Error;
use quota::Quota;

/// Documents, or whatever is mixed, one after the other.
pub type Stream<T> = Box<dyn Iterator<Item = Result<T, Error>> + Send>;

/// How often the streams are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epochs {
    /// Each once; one that ends is left out from then on.
    Once,
    /// One that ends is begun anew, until each was read to its end at least once.
    UntilAllEnded,
    /// One that ends is begun anew, for ever.
    Endless,
}

/// One stream of a mixture.
pub struct Strand<T> {
    /// Its share is its weight by the weights of all.
    pub weight: u32,
    /// Begins it: at first, and anew.
    pub open: Box<dyn FnMut() -> Result<Stream<T>, Error> + Send>,
}

/// The mixture: each item with the number of its stream. After an error it ends.
pub struct Mix<T> {
    strands: Vec<Strand<T>>,
    epochs: Epochs,
    /// What is open of each.
    streams: Vec<Option<Stream<T>>>,
    /// Items of each since it was begun.
    in_epoch: Vec<u64>,
    /// Whether each was read to its end.
    ended: Vec<bool>,
    quota: Quota,
    over: bool,
}

impl<T> Mix<T> {
    /// Mixes `strands`; opens none of them yet.
    ///
    /// # Errors
    /// [`Error::Option`] without strands, or with a weight of 0.
    pub fn new(strands: Vec<Strand<T>>, epochs: Epochs) -> Result<Self, Error> {
        let weights: Vec<u32> = strands.iter().map(|strand| strand.weight).collect();
        if weights.is_empty() || weights.contains(&0) {
            let (name, got) = ("the list of weights of a mixture", format!("{weights:?}"));
            return Err(Error::Option { name, got, expected: "at least one, each at least 1" });
        }
        let n = strands.len();
        Ok(Self {
            strands,
            epochs,
            streams: (0..n).map(|_| None).collect(),
            in_epoch: vec![0; n],
            ended: vec![false; n],
            quota: Quota::new(weights),
            over: false,
        })
    }

    /// Goes on after the first `n` documents, as if they had been taken.
    ///
    /// # Errors
    /// Those of the streams; [`Error::Cursor`] if the mixture ends before.
    pub fn skip_documents(&mut self, n: u64) -> Result<(), Error> {
        for taken in 0..n {
            if self.next().transpose()?.is_none() {
                let reason = format!("document {n} of a mixture that ends after {taken}");
                return Err(Error::Cursor { reason });
            }
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<(usize, T)>, Error> {
        while let Some(index) = self.quota.next() {
            if let Some(item) = self.take(index)? {
                self.quota.count(index);
                return Ok(Some((index, item)));
            }
            self.end(index)?;
        }
        Ok(None)
    }

    /// The next item of a stream, which is opened if need be.
    fn take(&mut self, index: usize) -> Result<Option<T>, Error> {
        let stream = match &mut self.streams[index] {
            Some(stream) => stream,
            closed => closed.insert((self.strands[index].open)()?),
        };
        let item = stream.next().transpose()?;
        self.in_epoch[index] += u64::from(item.is_some());
        Ok(item)
    }

    /// A stream has ended: it is left out, or will be opened anew when its turn comes.
    fn end(&mut self, index: usize) -> Result<(), Error> {
        self.streams[index] = None;
        self.ended[index] = true;
        if self.epochs == Epochs::Once {
            self.quota.leave_out(index);
            return Ok(());
        }
        if self.in_epoch[index] == 0 {
            let (name, got) = ("a stream of a mixture", "empty".to_string());
            return Err(Error::Option { name, got, expected: "documents, to be begun anew" });
        }
        self.in_epoch[index] = 0;
        if self.epochs == Epochs::UntilAllEnded && self.ended.iter().all(|&ended| ended) {
            (0..self.strands.len()).for_each(|stream| self.quota.leave_out(stream));
        }
        Ok(())
    }
}

impl<T> Iterator for Mix<T> {
    type Item = Result<(usize, T), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.advance().transpose();
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream of the numbers below `n`.
    fn strand(weight: u32, n: u64) -> Strand<u64> {
        Strand { weight, open: Box::new(move || Ok(Box::new((0..n).map(Ok)))) }
    }

    fn mix(streams: &[(u32, u64)], epochs: Epochs) -> Mix<u64> {
        Mix::new(streams.iter().map(|&(weight, n)| strand(weight, n)).collect(), epochs).unwrap()
    }

    fn taken(mix: Mix<u64>, most: usize) -> Vec<(usize, u64)> {
        mix.take(most).map(Result::unwrap).collect()
    }

    /// What each stream gave.
    fn of(stream: usize, taken: &[(usize, u64)]) -> Vec<u64> {
        taken.iter().filter(|(index, _)| *index == stream).map(|(_, item)| *item).collect()
    }

    #[test]
    fn once_means_each_document_once_and_shares_while_they_last() {
        let all = taken(mix(&[(3, 30), (1, 30), (2, 7)], Epochs::Once), 1000);
        assert_eq!(all.len(), 67);
        for (stream, n) in [30, 30, 7].into_iter().enumerate() {
            assert_eq!(of(stream, &all), (0..n).collect::<Vec<_>>(), "in its own order");
        }
        let first = &all[..18];
        assert_eq!([0, 1, 2].map(|stream| of(stream, first).len()), [9, 3, 6]);
        let last_of_third = all.iter().rposition(|(stream, _)| *stream == 2).unwrap();
        let after = &all[last_of_third + 4..last_of_third + 16];
        assert!((8..=10).contains(&of(0, after).len()), "three to one, as before: {after:?}");
    }

    #[test]
    fn streams_begin_anew_until_all_have_ended() {
        let all = taken(mix(&[(1, 3), (1, 10)], Epochs::UntilAllEnded), 1000);
        assert_eq!(of(1, &all), (0..10).collect::<Vec<_>>(), "the longest just once");
        let anew: Vec<u64> = (0..3).cycle().take(of(0, &all).len()).collect();
        assert_eq!(of(0, &all), anew);
        assert!((10..=11).contains(&anew.len()), "{}", anew.len());
    }

    #[test]
    fn endless_has_no_end() {
        let all = taken(mix(&[(1, 1), (9, 2)], Epochs::Endless), 5000);
        assert_eq!([0, 1].map(|stream| of(stream, &all).len()), [500, 4500]);
    }

    #[test]
    fn a_mixture_resumes_by_count() {
        for epochs in [Epochs::Once, Epochs::UntilAllEnded, Epochs::Endless] {
            let make = || mix(&[(5, 40), (3, 9), (1, 1)], epochs);
            let whole = taken(make(), 120);
            for n in (0..whole.len()).step_by(7) {
                let mut resumed = make();
                resumed.skip_documents(n as u64).unwrap();
                assert_eq!(taken(resumed, whole.len() - n), whole[n..], "{epochs:?} after {n}");
            }
        }
        let message = mix(&[(1, 4)], Epochs::Once).skip_documents(5).unwrap_err().to_string();
        assert!(message.contains("document 5 of a mixture that ends after 4"), "{message}");
    }

    #[test]
    fn what_cannot_be_mixed_is_refused() {
        let refused = |weights: &[u32]| {
            let strands = weights.iter().map(|&weight| strand(weight, 1)).collect();
            matches!(Mix::new(strands, Epochs::Once), Err(Error::Option { .. }))
        };
        assert!(refused(&[]) && refused(&[1, 0]) && !refused(&[1, 1]));
        for epochs in [Epochs::UntilAllEnded, Epochs::Endless] {
            let mut empty = mix(&[(1, 5), (1, 0)], epochs);
            assert!(empty.find(Result::is_err).is_some(), "{epochs:?} of nothing");
            assert!(empty.next().is_none(), "nothing after an error");
        }
        assert_eq!(taken(mix(&[(1, 5), (1, 0)], Epochs::Once), 9).len(), 5);
        let mut files = vec![0_u64, 4];
        let emptied = move || {
            let n = files.pop().expect("opened twice at most");
            Ok(Box::new((0..n).map(Ok)) as Stream<u64>)
        };
        let emptied = Strand { weight: 1, open: Box::new(emptied) };
        let all: Vec<_> = Mix::new(vec![emptied], Epochs::Endless).unwrap().collect();
        assert!(all.len() == 5 && all[4].is_err(), "emptied between two epochs");
    }

    #[test]
    fn an_error_of_a_stream_comes_through_and_ends_the_mixture() {
        let wrong = || Error::Cursor { reason: "torn".into() };
        let torn = move || {
            let items = vec![Ok(0_u64), Err(wrong()), Ok(1)];
            Ok(Box::new(items.into_iter()) as Stream<u64>)
        };
        let strands = vec![strand(1, 100), Strand { weight: 1, open: Box::new(torn) }];
        let all: Vec<_> = Mix::new(strands, Epochs::Endless).unwrap().collect();
        assert_eq!(all.len(), 4, "two of the first, one of the second and its error");
        assert!(all[3].as_ref().unwrap_err().to_string().contains("torn"));
    }
}
