//! What every job store must do: one suite, run against each.
//!
//! For: proving the promises of [`JobStore`] through the trait alone, so that a store that passes can replace another.
//! Not for: how one database keeps them. The one decision: tests wait for what they want to see and never for a time.

mod dividing;
mod ending;
mod leasing;
mod listing;
mod queueing;
mod working;

pub(crate) use dividing::*;
pub(crate) use ending::*;
pub(crate) use leasing::*;
pub(crate) use listing::*;
pub(crate) use queueing::*;
pub(crate) use working::*;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Claim, Enqueued, IdempotencyKey, Job, JobStore, NewJob};

/// Makes a test of each promise; `$open` is an async function that gives an empty store and what keeps it alive, behind it
/// attributes that each test gets.
macro_rules! conformance_suite {
    ($open:path $(, #[$attribute:meta])*) => {
        $crate::core::jobs::conformance::conformance_suite!(@tests $open, [$(#[$attribute])*],
            a_new_job_waits_with_what_was_asked,
            an_equal_request_finds_the_first_job,
            another_request_under_the_same_key_is_refused,
            a_key_is_found_without_asking_for_a_job,
            the_key_of_another_principal_is_another_key,
            concurrent_duplicates_make_one_job,
            a_full_queue_refuses_but_still_answers_repeated_requests,
            jobs_are_claimed_by_priority_then_time_then_id,
            only_jobs_of_the_wanted_kinds_are_claimed,
            a_claim_counts_the_attempt_and_hides_the_job,
            an_expired_lease_is_claimed_again_and_the_first_holder_is_lost_everywhere,
            a_heartbeat_keeps_the_lease_and_tells_of_a_cancel,
            progress_is_stored_and_starts_anew_with_each_attempt,
            a_job_that_kills_its_workers_fails_after_its_last_attempt,
            a_dead_workers_job_that_was_to_be_cancelled_is_cancelled,
            release_gives_the_job_back_and_does_not_count,
            many_workers_do_each_job_exactly_once,
            a_result_is_stored_once_and_the_job_is_over,
            a_failure_without_retry_is_final,
            a_retry_waits_for_its_time,
            a_retry_without_attempts_left_is_a_failure,
            a_retry_of_a_job_to_be_cancelled_is_a_cancel,
            cancelling_a_waiting_job_ends_it_and_asking_again_answers_the_same,
            cancelling_a_running_job_waits_for_its_worker,
            cancelling_what_has_ended_or_never_was_says_so,
            every_visible_change_grows_the_version,
            pages_hold_every_job_once_newest_first,
            filters_combine,
            the_jobs_of_a_data_set_are_found_by_its_name,
            only_ended_jobs_are_deleted,
            nothing_expires_before_its_time,
            counts_name_every_status,
            only_open_jobs_reference_their_inputs,
            a_divided_job_is_taken_again_when_its_parts_have_ended_and_that_is_no_attempt,
            a_worker_that_dies_putting_parts_together_costs_an_attempt,
            parts_are_listed_and_counted_apart,
            cancelling_a_job_or_one_of_its_parts_stops_all_of_it,
            a_part_that_fails_stops_the_others_and_the_job_is_taken_to_say_so,
            a_part_that_kills_its_workers_stops_the_others,
            a_job_that_was_to_be_cancelled_is_not_divided,
            the_progress_of_parts_adds_up,
            a_job_is_forgotten_with_its_parts,
            workers_are_known_with_what_they_run_until_they_end,
            a_worker_without_a_sign_of_life_is_silent_and_one_with_one_is_alive_again,
            the_queue_of_each_kind_is_measured,
        );
    };
    (@tests $open:path, $attributes:tt, $($name:ident),* $(,)?) => {
        $( $crate::core::jobs::conformance::conformance_suite!(@test $open, $attributes, $name); )*
    };
    (@test $open:path, [$(#[$attribute:meta])*], $name:ident) => {
            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let (store, _guard) = $open().await;
                $crate::core::jobs::conformance::$name(store).await;
            }
    };
}
pub(crate) use conformance_suite;

/// The store under test.
pub(crate) type Store = Arc<dyn JobStore>;

/// Long enough never to end within a test.
const LONG: Duration = Duration::from_mins(10);
/// Over before the next statement.
const NO_TIME: Duration = Duration::ZERO;
const KIND: &str = "conversion";

fn new_job(name: &str) -> NewJob {
    NewJob {
        kind: KIND.to_owned(),
        options: json!({ "name": name }),
        created_by: "anonymous".to_owned(),
        priority: 0,
        max_attempts: 3,
        idempotency: None,
    }
}

fn key(key: &str, principal: &str, fingerprint: &str) -> IdempotencyKey {
    IdempotencyKey { key: key.to_owned(), principal: principal.to_owned(), fingerprint: fingerprint.to_owned() }
}

async fn create(store: &Store, job: NewJob) -> Job {
    match store.enqueue(job, u64::MAX).await.unwrap() {
        Enqueued::Created(job) => job,
        other => panic!("not created: {other:?}"),
    }
}

async fn claim(store: &Store, lease_for: Duration) -> Claim {
    store.claim("tester", &[KIND], lease_for).await.unwrap().expect("a job is due")
}

async fn stored(store: &Store, job: &Job) -> Job {
    store.get(&job.id).await.unwrap().expect("the job is there")
}

/// Claims until a job is due; ten seconds at most.
async fn claim_when_due(store: &Store, lease_for: Duration) -> Claim {
    let due = async {
        loop {
            if let Some(claim) = store.claim("tester", &[KIND], lease_for).await.unwrap() {
                return claim;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), due).await.expect("a job is due within ten seconds")
}
