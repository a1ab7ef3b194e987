//! "Did you mean": the known name that is fewest keystrokes away.

use strsim::osa_distance;

/// The nearest of `known` to `wrong`, if one is near enough to be meant.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wrong.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (osa_distance(wrong, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_and_nothing_where_nothing_is_near() {
        let known = ["server.bind", "server.max_body_bytes", "jobs.workers"];
        assert_eq!(nearest("server.bnid", known), Some("server.bind"));
        assert_eq!(nearest("jobs.worker", known), Some("jobs.workers"));
        assert_eq!(nearest("colour", known), None);
    }
}
