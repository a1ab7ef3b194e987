//! Where a plan is cut into parts.
//!
//! The one decision: a part is a run of neighbours in the plan, so that files of one archive, of which each part must
//! read the directory, stay together.

use crate::core::intake::SourceFile;
use std::ops::Range;

/// Files to convert after which a part ends.
const PART_FILES: usize = 100;
/// Bytes to convert after which a part ends.
const PART_BYTES: u64 = 256 << 20;
/// Parts of a job at most; beyond that they get larger.
const MAX_PARTS: usize = 1_000;

/// Ranges of lines of the plan, without gaps; each but the first begins with a file to convert.
pub(super) fn slices(files: &[SourceFile]) -> Vec<Range<usize>> {
    let (mut most_files, mut most_bytes) = (PART_FILES, PART_BYTES);
    loop {
        let slices = cut(files, most_files, most_bytes);
        if slices.len() <= MAX_PARTS {
            return slices;
        }
        (most_files, most_bytes) = (most_files.saturating_mul(2), most_bytes.saturating_mul(2));
    }
}

fn cut(files: &[SourceFile], most_files: usize, most_bytes: u64) -> Vec<Range<usize>> {
    let mut slices = Vec::new();
    let (mut first, mut count, mut bytes) = (0, 0, 0_u64);
    for (index, file) in files.iter().enumerate().filter(|(_, file)| file.step.promise().is_some()) {
        if count >= most_files || bytes >= most_bytes {
            slices.push(first..index);
            (first, count, bytes) = (index, 0, 0);
        }
        count += 1;
        bytes = bytes.saturating_add(file.size_bytes);
    }
    slices.push(first..files.len());
    slices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::intake::Step;
    use crate::core::tabular::format;

    fn files(number: usize, size_bytes: u64) -> Vec<SourceFile> {
        let step = |index: usize| match index % 3 {
            0 => Step::Skip("left out".to_owned()),
            _ => Step::Read(format::promise("a.csv").unwrap()),
        };
        let file = |index| {
            let name = format!("{index:06}.csv");
            SourceFile { path: (&name).into(), member: None, name, size_bytes, step: step(index) }
        };
        (0..number).map(file).collect()
    }

    fn converted(files: &[SourceFile]) -> usize {
        files.iter().filter(|file| file.step.promise().is_some()).count()
    }

    #[test]
    fn a_part_ends_at_its_files_or_bytes_and_no_line_is_missing() {
        for (size_bytes, wanted) in [(10, PART_FILES), (64 << 20, 4), (1 << 30, 1)] {
            let files = files(700, size_bytes);
            let slices = slices(&files);
            assert_eq!(slices.first().unwrap().start, 0);
            assert_eq!(slices.last().unwrap().end, files.len());
            assert!(slices.windows(2).all(|pair| pair[0].end == pair[1].start));
            let (_, full) = slices.split_last().unwrap();
            assert!(full.iter().all(|slice| converted(&files[slice.clone()]) == wanted), "{slices:?}");
        }
    }

    #[test]
    fn a_job_never_has_more_parts_than_it_may() {
        let files = files(3 * MAX_PARTS, 1 << 30);
        assert_eq!(slices(&files).len(), MAX_PARTS);
        assert_eq!(slices(&files[..150]).len(), 100);
    }

    #[test]
    fn a_folder_with_little_to_convert_is_one_part() {
        for number in [1, 150] {
            assert_eq!(slices(&files(number, 10)), vec![0..number; 1]);
        }
    }
}
