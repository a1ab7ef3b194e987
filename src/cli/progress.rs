//! Progress on a terminal.
//!
//! For: a bar on stderr while a command works. Not for: deciding whether; the printer knows. The one decision: the bar
//! is gone when the work is done, so that what stays on the screen is the outcome.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::printer::{Printer, plain};
use crate::core::progress::{Progress, ProgressSink, Silent};

/// Draws at most this often, per second.
const FRAMES_PER_SECOND: u8 = 10;

impl Printer {
    /// Where a command reports its progress: a bar, or nowhere. The bar vanishes with the last clone.
    pub fn progress_sink(self) -> Arc<dyn ProgressSink> {
        if self.progress {
            Arc::new(Bar::new(ProgressDrawTarget::stderr_with_hz(FRAMES_PER_SECOND)))
        } else {
            Arc::new(Silent)
        }
    }
}

/// A bar once the total is known, a turning mark until then.
#[derive(Debug)]
struct Bar {
    bar: ProgressBar,
    /// Unit, and whether the total is known: what the present style was made for.
    styled_for: Mutex<Option<(String, bool)>>,
}

impl Bar {
    fn new(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, styled_for: Mutex::new(None) }
    }

    /// Reads the template again only when it is another one: reports come often.
    fn restyle(&self, progress: &Progress) {
        let form = (progress.unit.clone(), progress.total.is_some());
        let mut styled_for = self.styled_for.lock().unwrap_or_else(PoisonError::into_inner);
        if styled_for.as_ref() == Some(&form) {
            return;
        }
        if let Some(style) = style(progress) {
            self.bar.set_style(style);
        }
        *styled_for = Some(form);
    }
}

impl ProgressSink for Bar {
    fn report(&self, progress: &Progress) {
        self.restyle(progress);
        if let Some(total) = progress.total {
            self.bar.set_length(total);
        }
        self.bar.set_position(progress.done);
        if let Some(message) = &progress.message {
            self.bar.set_message(plain(message).replace('\n', " "));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// `None` only if a template here is wrong, which a test rules out.
fn style(progress: &Progress) -> Option<ProgressStyle> {
    let template = match (progress.unit == "bytes", progress.total.is_some()) {
        (true, true) => "{bar:24} {bytes}/{total_bytes} {bytes_per_sec} {wide_msg}".to_owned(),
        (true, false) => "{spinner} {bytes} {bytes_per_sec} {wide_msg}".to_owned(),
        (false, true) => format!("{{bar:24}} {{human_pos}}/{{human_len}} {} {{wide_msg}}", word(&progress.unit)),
        (false, false) => format!("{{spinner}} {{human_pos}} {} {{wide_msg}}", word(&progress.unit)),
    };
    ProgressStyle::with_template(&template).ok()
}

/// The unit without what a template would take for a place.
fn word(unit: &str) -> String {
    unit.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_progress_has_a_template_that_is_right() {
        for unit in ["bytes", "files", "{odd}"] {
            for total in [None, Some(10)] {
                let progress = Progress { done: 3, total, unit: unit.to_owned(), message: Some("a.csv".to_owned()) };
                assert!(style(&progress).is_some());
            }
        }
    }

    #[test]
    fn a_bar_follows_the_latest_report() {
        let bar = Bar::new(ProgressDrawTarget::hidden());
        let report = |done, total| Progress { done, total, unit: "files".to_owned(), message: Some("x\ny".to_owned()) };
        bar.report(&report(1, None));
        bar.report(&report(4, Some(9)));
        assert_eq!((bar.bar.position(), bar.bar.length(), bar.bar.message()), (4, Some(9), "x y".to_owned()));
    }
}
