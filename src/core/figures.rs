//! Numbers for people: thousands parted, sizes in their unit, shares that never round something to nothing.

/// With commas between thousands: `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number and its noun, which takes an `s` unless there is one of it: `1 file`, `2 files`.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// A size in decimal units, as file managers show it: `512 bytes`, `1.2 MB`.
pub fn bytes(size_bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if size_bytes < 1000 {
        return counted(size_bytes, "byte");
    }
    let mut unit_bytes = 1000_u128;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        // Rounded: what would read `1000.0 kB` is `1.0 MB`.
        if tenths(size_bytes, unit_bytes) < 10_000 {
            break;
        }
        unit_bytes *= 1000;
        unit = larger;
    }
    let tenths = tenths(size_bytes, unit_bytes);
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

fn tenths(size_bytes: u64, unit_bytes: u128) -> u128 {
    (u128::from(size_bytes) * 10 + unit_bytes / 2) / unit_bytes
}

/// `part` of `whole` in percent; only nothing is `0%`, and only all of it is `100%`.
pub fn percent(part: u64, whole: u64) -> String {
    let rounded = |of: u128| (u128::from(part) * of * 2 + u128::from(whole)) / (u128::from(whole.max(1)) * 2);
    match rounded(10_000) {
        0 if part > 0 => "less than 0.01%".to_owned(),
        10_000 if part < whole => "more than 99.99%".to_owned(),
        hundredths @ (1..100 | 9_901..10_000) => format!("{}.{:02}%", hundredths / 100, hundredths % 100),
        _ => format!("{}%", rounded(100)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_parted_by_commas() {
        let numbers = [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")];
        for (number, text) in numbers {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(0, "row"), "0 rows");
    }

    #[test]
    fn sizes_are_rounded_into_the_unit_that_reads_best() {
        let sizes = [
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (1_250, "1.3 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (u64::MAX, "18.4 EB"),
        ];
        for (size, text) in sizes {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn a_share_is_never_rounded_to_nothing_or_to_all() {
        assert_eq!(percent(0, 0), "0%");
        assert_eq!(percent(1, 1_000_000), "less than 0.01%");
        assert_eq!(percent(12, 12_345), "0.10%");
        assert_eq!(percent(999_999, 1_000_000), "more than 99.99%");
        assert_eq!(percent(972, 973), "99.90%");
        assert_eq!((percent(1, 3).as_str(), percent(2, 3).as_str()), ("33%", "67%"));
        assert_eq!(percent(3, 3), "100%");
        assert_eq!(percent(5, 2), "250%");
    }
}
