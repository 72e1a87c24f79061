//! Where the entries of a zip archive lie (PKWARE's APPNOTE 6.3, with the 64-bit records of §4.3.14 and
//! §4.5.3), if none is compressed: what `torch.save` writes.
//!
//! A reader of our own, since only places are wanted: PyTorch maps such files into memory and so do we,
//! which crates for zip do not offer, and inflating, encryption and the rest would only be more to
//! attack. Nothing is unpacked, so that nothing can grow. Refused: compressed and encrypted entries, a
//! name twice, entries on each other's bytes, a local header that contradicts the directory. Sums (CRC)
//! are not checked: that would mean to read the whole file when it is opened, and PyTorch itself writes
//! files without (`set_crc32_options(False)`).

use std::collections::BTreeMap;
use std::ops::Range;

use crate::dtype::words;

/// Signatures of the records.
const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;

/// The lengths of the records without names, extras and comments.
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
const END_64_BYTES: usize = 56;
const LOCATOR_64_BYTES: usize = 20;

/// The longest comment that may follow the last record.
const LONGEST_COMMENT: usize = 0xffff;

/// The extra field that holds the 64-bit numbers of an entry.
const EXTRA_64: u16 = 1;

/// A number that stands in the 64-bit record instead.
const ELSEWHERE: u64 = 0xffff_ffff;

/// Whether the file begins as an archive does.
pub(super) fn is_zip(file: &[u8]) -> bool {
    word(file, 0) == Some(LOCAL)
}

/// The bytes of every entry, by name.
pub(super) fn entries(file: &[u8]) -> Result<BTreeMap<String, Range<usize>>, String> {
    let directory = directory(file)?;
    let mut at = directory.range.start;
    let mut entries = BTreeMap::new();
    // Whole entries: from the local header to the end of the values.
    let mut taken = Vec::new();
    while at < directory.range.end {
        let entry = central(file, at, directory.range.end)?;
        let data = data(file, &entry, directory.range.start)
            .map_err(|why| format!("entry {:?}: {why}", entry.name))?;
        at = entry.next;
        taken.push((entry.header, data.end));
        if let Some(name) = entries.insert(entry.name.clone(), data).map(|_| entry.name) {
            return Err(format!("the entry {name:?} is there twice"));
        }
    }
    if entries.len() as u64 != directory.count {
        let (found, told) = (entries.len(), directory.count);
        return Err(format!("its directory has {found} entries where {told} are announced"));
    }
    taken.sort_unstable();
    match taken.windows(2).find(|two| two[1].0 < two[0].1) {
        Some(two) => Err(format!("two of its entries overlap, at byte {}", two[1].0)),
        None => Ok(entries),
    }
}

struct Directory {
    range: Range<usize>,
    count: u64,
}

/// The directory's place, from the record at the file's end.
fn directory(file: &[u8]) -> Result<Directory, String> {
    let first = file.len().saturating_sub(END_BYTES + LONGEST_COMMENT);
    let ends_here = |at: &usize| {
        word(file, *at) == Some(END)
            && half(file, at + 20).is_some_and(|n| at + END_BYTES + usize::from(n) == file.len())
    };
    let last = file.len().checked_sub(END_BYTES);
    let end = last.and_then(|last| (first..=last).rev().find(ends_here)).ok_or(
        "the directory at its end is not there, so that it is cut short; copy or download it again",
    )?;
    let lost = || "its directory lies outside of it".to_string();
    let number = |at: usize| word(file, at).map(u64::from).ok_or_else(lost);
    let count = half(file, end + 10).map(u64::from).ok_or_else(lost)?;
    let (mut count, mut size, mut start) = (count, number(end + 12)?, number(end + 16)?);
    let locator = end.checked_sub(LOCATOR_64_BYTES);
    if let Some(locator) = locator.filter(|&at| word(file, at) == Some(LOCATOR_64)) {
        let at = long(file, locator + 8).and_then(|at| usize::try_from(at).ok());
        let at =
            at.filter(|&at| at <= locator && word(file, at) == Some(END_64)).ok_or_else(lost)?;
        let number = |offset: usize| long(file, at + offset).ok_or_else(lost);
        (count, size, start) = (number(32)?, number(40)?, number(48)?);
        if at + END_64_BYTES > locator {
            return Err(lost());
        }
    }
    let range = range(start, size).filter(|range| range.end <= end).ok_or_else(lost)?;
    Ok(Directory { range, count })
}

struct Entry {
    name: String,
    /// Where its local header begins.
    header: usize,
    size: u64,
    /// Where the next entry of the directory begins.
    next: usize,
}

/// The directory's entry at a byte.
fn central(file: &[u8], at: usize, end: usize) -> Result<Entry, String> {
    let broken = || format!("its directory is damaged at byte {at}");
    let record = file.get(at..end).filter(|r| r.len() >= CENTRAL_BYTES).ok_or_else(broken)?;
    if word(record, 0) != Some(CENTRAL) {
        return Err(broken());
    }
    let field = |at: usize| half(record, at).map(usize::from).ok_or_else(broken);
    let number = |at: usize| word(record, at).map(u64::from).ok_or_else(broken);
    let (flags, method) = (field(8)?, field(10)?);
    let (name, extra, comment) = (field(28)?, field(30)?, field(32)?);
    let next = CENTRAL_BYTES + name + extra + comment;
    let name_end = CENTRAL_BYTES + name;
    let text = record.get(CENTRAL_BYTES..name_end).ok_or_else(broken)?;
    let name = std::str::from_utf8(text).map_err(|_| broken())?.to_string();
    let extra = record.get(name_end..name_end + extra).ok_or_else(broken)?;
    if flags & 1 == 1 || method != 0 {
        let how = if method == 0 { "encrypted" } else { "compressed" };
        return Err(format!(
            "entry {name:?} is {how}; save it by torch.save, which stores them plain"
        ));
    }
    let (packed, size, header) = (number(20)?, number(24)?, number(42)?);
    let [size, packed, header] = widened([size, packed, header], extra).ok_or_else(broken)?;
    if packed != size {
        return Err(format!("entry {name:?} is {size} bytes long and {packed} bytes long"));
    }
    let header = usize::try_from(header).map_err(|_| broken())?;
    Ok(Entry { name, header, size, next: at + next })
}

/// The numbers of an entry, of which those that need 64 bits stand in an extra field, in this order.
fn widened(numbers: [u64; 3], mut extra: &[u8]) -> Option<[u64; 3]> {
    if !numbers.contains(&ELSEWHERE) {
        return Some(numbers);
    }
    loop {
        let (kind, len) = (half(extra, 0)?, usize::from(half(extra, 2)?));
        let body = extra.get(4..4 + len)?;
        if kind == EXTRA_64 {
            let mut wide = words::<8>(body).map(u64::from_le_bytes);
            let mut widen = |n: u64| if n == ELSEWHERE { wide.next() } else { Some(n) };
            return Some([widen(numbers[0])?, widen(numbers[1])?, widen(numbers[2])?]);
        }
        extra = &extra[4 + len..];
    }
}

/// Where the values of an entry lie: behind its local header, before the directory.
fn data(file: &[u8], entry: &Entry, end: usize) -> Result<Range<usize>, String> {
    let broken = || format!("there is no header of it at byte {}", entry.header);
    let header = file.get(entry.header..end).filter(|h| word(h, 0) == Some(LOCAL));
    let header = header.ok_or_else(broken)?;
    let field = |at: usize| half(header, at).map(usize::from).ok_or_else(broken);
    let (name, extra) = (field(26)?, field(28)?);
    let text = header.get(LOCAL_BYTES..LOCAL_BYTES + name).ok_or_else(broken)?;
    if text != entry.name.as_bytes() || field(8)? != 0 {
        return Err("its header and the directory contradict each other".into());
    }
    let start = (entry.header + LOCAL_BYTES + name + extra) as u64;
    let range = range(start, entry.size).filter(|range| range.end <= end);
    range.ok_or_else(|| format!("its {} bytes reach beyond the file's entries", entry.size))
}

fn range(start: u64, size: u64) -> Option<Range<usize>> {
    let end = start.checked_add(size)?;
    Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

fn bytes<const N: usize>(file: &[u8], at: usize) -> Option<[u8; N]> {
    file.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn half(file: &[u8], at: usize) -> Option<u16> {
    bytes(file, at).map(u16::from_le_bytes)
}

fn word(file: &[u8], at: usize) -> Option<u32> {
    bytes(file, at).map(u32::from_le_bytes)
}

fn long(file: &[u8], at: usize) -> Option<u64> {
    bytes(file, at).map(u64::from_le_bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An archive of plain entries, without 64-bit records.
    pub(in crate::pytorch) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (name, content) in files {
            let (at, size) = (out.len() as u32, (content.len() as u32).to_le_bytes());
            let name_len = (name.len() as u16).to_le_bytes();
            out.extend_from_slice(&LOCAL.to_le_bytes());
            out.extend_from_slice(&[0; 14]);
            [size, size].iter().for_each(|s| out.extend_from_slice(s));
            out.extend_from_slice(&name_len);
            out.extend_from_slice(&[0; 2]);
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(content);
            directory.extend_from_slice(&CENTRAL.to_le_bytes());
            directory.extend_from_slice(&[0; 16]);
            [size, size].iter().for_each(|s| directory.extend_from_slice(s));
            directory.extend_from_slice(&name_len);
            directory.extend_from_slice(&[0; 12]);
            directory.extend_from_slice(&at.to_le_bytes());
            directory.extend_from_slice(name.as_bytes());
        }
        end(&mut out, &directory, files.len() as u16);
        out
    }

    fn end(out: &mut Vec<u8>, directory: &[u8], count: u16) {
        let start = out.len() as u32;
        out.extend_from_slice(directory);
        out.extend_from_slice(&END.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        [count, count].iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
        out.extend_from_slice(&start.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
    }

    fn two() -> Vec<u8> {
        archive(&[("a/data.pkl", b"pickle"), ("a/data/0", b"1234")])
    }

    /// Where the directory's first entry begins.
    fn first(file: &[u8]) -> usize {
        file.windows(4).position(|w| w == CENTRAL.to_le_bytes()).unwrap()
    }

    #[test]
    fn entries_are_found_where_they_lie() {
        let file = two();
        let found = entries(&file).unwrap();
        assert_eq!(&file[found["a/data.pkl"].clone()], b"pickle");
        assert_eq!(&file[found["a/data/0"].clone()], b"1234");
        let mut commented = file.clone();
        let len = commented.len();
        commented[len - 2] = 5;
        commented.extend_from_slice(b"notes");
        assert_eq!(entries(&commented).unwrap(), found);
        assert!(entries(&archive(&[])).unwrap().is_empty());
    }

    #[test]
    fn an_archive_cut_anywhere_is_refused() {
        let file = two();
        for len in 0..file.len() {
            assert!(entries(&file[..len]).is_err(), "{len} of {} bytes", file.len());
        }
        let message = entries(&file[..file.len() - 1]).unwrap_err();
        assert!(message.contains("cut short") && message.contains("again"), "{message}");
    }

    #[test]
    fn lies_are_refused() {
        let check = |change: &dyn Fn(&mut Vec<u8>, usize), word: &str| {
            let mut file = two();
            let directory = first(&file);
            change(&mut file, directory);
            let message = entries(&file).unwrap_err();
            assert!(message.contains(word), "{word}: {message}");
        };
        check(&|file, d| file[d + 10] = 8, "\"a/data.pkl\" is compressed");
        check(&|file, d| file[d + 8] = 1, "encrypted");
        check(&|file, d| file[d + 24] = 7, "7 bytes long and 6 bytes long");
        check(&|file, d| (file[d + 20], file[d + 24]) = (200, 200), "reach beyond");
        check(&|file, d| (file[d + 20], file[d + 24]) = (7, 7), "overlap");
        check(&|file, d| file[d + 42] = 1, "no header of it at byte 1");
        check(&|file, d| file[d] = 0, "damaged");
        check(&|file, d| file[d + 28] = 200, "damaged");
        check(&|file, _| file[30] = b'b', "contradict");
        check(&|file, _| file[8] = 8, "contradict");
        check(&|file, _| *file.iter_mut().nth_back(5).unwrap() = 255, "outside");
        check(&|file, _| *file.iter_mut().nth_back(11).unwrap() = 3, "2 entries where 3");
        let twice = archive(&[("a", b"1"), ("a", b"2")]);
        assert!(entries(&twice).unwrap_err().contains("\"a\" is there twice"));
    }

    #[test]
    fn two_names_for_the_same_bytes_overlap() {
        let mut file = archive(&[("a", b"1"), ("b", b"2")]);
        let at = first(&file);
        let second = at + CENTRAL_BYTES + 1;
        // Both at byte 0, whose header says "a": the name is checked first, so it is made equal.
        file[second + 42] = 0;
        assert!(entries(&file).unwrap_err().contains("contradict"));
        // A header within another entry's values.
        let inner = archive(&[("b", b"2")]);
        let mut file = archive(&[("a", &inner[..32]), ("b", b"2")]);
        let at = first(&file) + CENTRAL_BYTES + 1;
        file[at + 42] = 31;
        assert!(entries(&file).unwrap_err().contains("overlap"));
    }

    #[test]
    fn sixty_four_bit_numbers_stand_in_the_extra_field() {
        let mut extra = vec![9, 0, 2, 0, 7, 7, 1, 0, 16, 0];
        extra.extend_from_slice(&5_u64.to_le_bytes());
        extra.extend_from_slice(&6_u64.to_le_bytes());
        assert_eq!(widened([1, 2, 3], &extra), Some([1, 2, 3]));
        assert_eq!(widened([ELSEWHERE, 2, ELSEWHERE], &extra), Some([5, 2, 6]));
        assert_eq!(widened([ELSEWHERE; 3], &extra), None);
        assert_eq!(widened([ELSEWHERE, 2, 3], &extra[..6]), None);
    }
}
