//! Not more in a minute than a server allows.
//!
//! The one decision: requests are spread evenly, without a burst at the beginning. So the limit holds in every minute,
//! wherever a server lets it begin.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_mins(1);

/// When the next request may go.
#[derive(Debug)]
pub(super) struct Pace {
    /// Time that a request takes up; none without a limit.
    request: Duration,
    /// Time that a token takes up, in nanoseconds.
    token: u64,
    free: Mutex<Free>,
}

#[derive(Debug, Clone, Copy)]
struct Free {
    requests: Instant,
    tokens: Instant,
}

impl Pace {
    /// So many requests and tokens a minute; 0 is any number.
    pub(super) fn new(requests: u32, tokens: u32, now: Instant) -> Self {
        let share = |limit: u32| MINUTE.checked_div(limit).unwrap_or_default();
        let token = u64::try_from(share(tokens).as_nanos()).unwrap_or_default();
        Self { request: share(requests), token, free: Mutex::new(Free { requests: now, tokens: now }) }
    }

    /// Reserves a request of about so many tokens, and says when it may go.
    pub(super) fn reserve(&self, now: Instant, tokens: u64) -> Instant {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let at = now.max(free.requests).max(free.tokens);
        // What has no limit holds nothing up, whatever the other one waits for.
        if !self.request.is_zero() {
            free.requests = at + self.request;
        }
        if self.token > 0 {
            free.tokens = at + self.time_of(tokens);
        }
        at
    }

    /// There were so many tokens, where others were expected.
    pub(super) fn correct(&self, expected: u64, tokens: u64) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (more, less) = (tokens.saturating_sub(expected), expected.saturating_sub(tokens));
        let later = free.tokens + self.time_of(more);
        free.tokens = later.checked_sub(self.time_of(less)).unwrap_or(later);
    }

    fn time_of(&self, tokens: u64) -> Duration {
        Duration::from_nanos(self.token.saturating_mul(tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_tokens_are_spread_over_the_minute() {
        let now = Instant::now();
        let after = |at: Instant| at.duration_since(now).as_millis();
        let free = Pace::new(0, 0, now);
        assert_eq!((after(free.reserve(now, 1_000)), after(free.reserve(now, 1_000))), (0, 0));
        let requests = Pace::new(60, 0, now);
        let starts: Vec<_> = (0..3).map(|_| after(requests.reserve(now, 7))).collect();
        assert_eq!(starts, [0, 1_000, 2_000]);
        let tokens = Pace::new(0, 6_000, now);
        assert_eq!((after(tokens.reserve(now, 300)), after(tokens.reserve(now, 1))), (0, 3_000));
        tokens.correct(300, 100);
        assert_eq!(after(tokens.reserve(now, 1)), 1_010);
        tokens.correct(1, 101);
        assert_eq!(after(tokens.reserve(now, 1)), 2_020);
    }
}
