//! The scripts of the page, and the policy that lets these two run and nothing else.
//!
//! The one decision: a policy with digests. Were a text from a file ever to become markup, no browser would run it.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Chart.js 4.6.1 (MIT), as published, without the line that names its source map. Its licence lies beside it.
pub(super) const CHARTS: &str = include_str!("../assets/chart.umd.min.js");
/// Puts Chart.js to use on the numbers of the page.
pub(super) const PAGE: &str = include_str!("../assets/drift.js");

/// Everything that a report may do: its styles and its scripts are in it, and nothing is fetched.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = |script: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {} {}",
        digest(CHARTS),
        digest(PAGE)
    )
});

/// The policy, for the header of an answer.
pub(crate) fn content_policy() -> &'static str {
    &POLICY
}

/// A document as it can stand in a `script` element: `</script>` in a text does not end it.
pub(super) fn embedded(document: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(document)?
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_can_not_end_the_element_that_it_is_in() {
        let text = "</script><script>alert(1)</script><!--\u{2028}";
        let document = embedded(&text).unwrap();
        assert!(!document.contains('<'));
        assert_eq!(serde_json::from_str::<String>(&document).unwrap(), text);
    }

    #[test]
    fn scripts_hold_nothing_that_ends_them_or_fetches() {
        for script in [CHARTS, PAGE] {
            for forbidden in ["</script", "<!--", "sourceMappingURL", "fetch(", "XMLHttpRequest", "import("] {
                assert!(!script.contains(forbidden), "{forbidden}");
            }
        }
        assert_eq!(content_policy().matches("'sha256-").count(), 2);
    }
}
