//! What a number format shows: a date, a date and a time, a time of day, a duration, or just a number.
//!
//! The one decision: only the first section of a format counts, the one for positive numbers, and in it only what
//! stands outside quotes, escapes and brackets.

/// What a number is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// As a number.
    Number,
    /// As a date.
    Date,
    /// As a date and a time.
    Timestamp,
    /// As a time of day.
    Time,
    /// As a span, `[h]:mm`.
    Duration,
    /// As one of date and time; which, depends on the language of the program.
    Undecided,
}

/// What a format that every program knows by its number shows.
pub(super) fn built_in(id: u32) -> Shown {
    match id {
        14..=17 => Shown::Date,
        18..=21 | 45 | 47 => Shown::Time,
        22 => Shown::Timestamp,
        46 => Shown::Duration,
        27..=36 | 50..=58 => Shown::Undecided,
        _ => Shown::Number,
    }
}

/// What a format written out shows.
pub(super) fn custom(code: &str) -> Shown {
    let lower = code.to_lowercase();
    // The second is what German programs write for the first.
    if lower.starts_with("general") || lower.starts_with("standard") {
        return Shown::Number;
    }
    let mut found = Found::default();
    let mut letters = lower.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ';' => break,
            '\\' | '_' | '*' => {
                letters.next();
            }
            '"' => while letters.next().is_some_and(|inside| inside != '"') {},
            '[' => {
                let inside: String = letters.by_ref().take_while(|inside| *inside != ']').collect();
                found.span |=
                    !inside.is_empty() && ['h', 'm', 's'].iter().any(|unit| inside.chars().all(|it| it == *unit));
            }
            'y' | 'd' => found.date = true,
            'h' | 's' => found.time = true,
            'm' => {
                let mut run = 1;
                while letters.next_if_eq(&'m').is_some() {
                    run += 1;
                }
                found.months |= run;
            }
            'a' if letters.peek().is_some_and(|next| matches!(next, 'm' | '/')) => found.skip_noon(&mut letters),
            'a' if letters.peek() == Some(&'a') => found.date = true,
            _ => {}
        }
    }
    found.shown()
}

/// What was found in a format.
#[derive(Default)]
struct Found {
    date: bool,
    time: bool,
    span: bool,
    /// Lengths of the runs of `m`, which are months or minutes.
    months: u32,
}

impl Found {
    /// `AM/PM`, `A/P`: their letters are no months.
    fn skip_noon(&mut self, letters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
        self.time = true;
        while letters.next_if(|next| matches!(next, 'a' | 'm' | '/' | 'p')).is_some() {}
    }

    fn shown(&self) -> Shown {
        // Three letters and more are a month by name.
        let named_month = self.months > 2;
        let date = self.date || named_month || (self.months > 0 && !self.time && !self.span);
        match (self.span, date, self.time) {
            (true, _, _) => Shown::Duration,
            (_, true, true) => Shown::Timestamp,
            (_, true, false) => Shown::Date,
            (_, false, true) => Shown::Time,
            (_, false, false) => Shown::Number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_show_what_their_letters_say() {
        let formats = [
            (
                Shown::Date,
                vec!["yyyy-mm-dd", "DD/MM/YY", "mmm-yy", "[$-407]d. mmmm yyyy;@", "m\"M\"d\"D\";@", "*-yyyy-mm-dd"],
            ),
            (Shown::Timestamp, vec!["yyyy-mm-dd hh:mm:ss", "m/d/yy h:mm", "dd.mm.yyyy\\ h:mm AM/PM", "mmm h:mm"]),
            (Shown::Time, vec!["h:mm", "h:mm AM/PM", "mm:ss.0", "hh:mm:ss;@", "ha/p"]),
            (Shown::Duration, vec!["[h]:mm:ss", "[mm]:ss", "[s].000", "[Blue]\\+[h]:mm;[Red]\\-[h]:mm"]),
            (
                Shown::Number,
                vec![
                    "General",
                    "0.00",
                    "#,##0\\ [$€-407]",
                    "0.00E+00",
                    "[Red]-0",
                    "\\Y000000",
                    "#,##0.0##\" YMD\"",
                    "@",
                    "0*y",
                ],
            ),
        ];
        for (shown, codes) in formats {
            for code in codes {
                assert_eq!(custom(code), shown, "{code}");
            }
        }
    }
}
