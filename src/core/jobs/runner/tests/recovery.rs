//! Shutdown, lost leases and what a kill leaves behind.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_gives_jobs_back_and_the_next_runner_does_them() {
    let world = world().await;
    let runner = world.start(|context, _| {
        write(&context.artifact_dir, "half.json", "{");
        work_until_cancelled(context)
    });
    let job = world.submit(json!({})).await;
    world.until(&job.id, |job| job.status == Status::Running).await;
    runner.stop().await;
    let job = world.queue.get(&job.id).await.unwrap().unwrap();
    assert_eq!((job.status, job.attempt, job.error.as_ref()), (Status::Queued, 0, None));
    assert!(world.files().is_empty());

    let runner = world.start(|_, _| Ok(output(json!("done"))));
    let job = world.ended(&job).await;
    assert_eq!((job.status, job.attempt), (Status::Succeeded, 1));
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_finishes_well_during_shutdown_counts() {
    let world = world().await;
    let runner = world.start(|context, _| work_until_cancelled(context).or_else(|_| Ok(output(json!("just done")))));
    let job = world.submit(json!({})).await;
    world.until(&job.id, |job| job.status == Status::Running).await;
    runner.stop().await;
    assert_eq!(world.queue.get(&job.id).await.unwrap().unwrap().status, Status::Succeeded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_lost_its_lease_is_told_and_publishes_nothing() {
    let world = world().await;
    let runner = world.start(|context, _| {
        write(&context.artifact_dir, "late.json", "{}");
        work_until_cancelled(context).or_else(|_| Ok(output(json!("too late"))))
    });
    let job = world.submit(json!({})).await;
    world.until(&job.id, |job| job.status == Status::Running).await;
    let stolen = loop {
        world.sql("UPDATE jobs SET lease_expires_at = 0").await;
        if let Some(stolen) = world.store.claim("thief", &[KIND], DEADLINE).await.unwrap() {
            break stolen;
        }
    };
    // The first worker comes to its end because it is told that its lease is gone.
    let emptied = async {
        while !world.files().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, emptied).await.expect("the attempt's folder is removed");
    runner.stop().await;
    assert_eq!(world.queue.get(&job.id).await.unwrap().unwrap(), stolen.job);
    assert!(world.store.succeed(&stolen.lease, json!("the thief's"), 0, &[]).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_jobs_outlive_their_first_lease() {
    let world = world().await;
    let lease_for = Duration::from_secs(1);
    let runner = world.start_with(RunnerSettings { lease_for, ..world.settings() }, move |context, _| {
        std::thread::sleep(lease_for * 3 / 2);
        Ok(output(json!(context.attempt)))
    });
    let job = world.submit(json!({})).await;
    let job = world.ended(&job).await;
    assert_eq!((job.status, job.result), (Status::Succeeded, Some(json!(1))));
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_worker_left_is_replaced_or_cleared_away() {
    let world = world().await;
    let job = world.submit(json!({})).await;
    // Killed between moving its files and saying so; and in the midst of its work.
    let killed = world.store.claim("killed", &[KIND], Duration::ZERO).await.unwrap().unwrap();
    write(&world.artifacts(), &format!("{}/stale.json", job.id), "{}");
    write(&world.artifacts(), &format!(".attempts/{}-1-{}/half.json", job.id, killed.lease.token.split_at(8).0), "{");
    // Of jobs that nobody knows any more.
    write(&world.artifacts(), &format!("{}/orphan.json", JobId::new()), "{}");
    write(&world.artifacts(), &format!(".attempts/{}-1-0badcafe/half.json", JobId::new()), "{");

    let runner = world.start(|context, _| {
        write(&context.artifact_dir, "fresh.json", "{}");
        Ok(output(Value::Null))
    });
    let job = world.ended(&job).await;
    assert_eq!((job.status, job.attempt, job.artifacts.len()), (Status::Succeeded, 2, 1));
    runner.stop().await;
    assert_eq!(world.files(), [job.id.to_string(), format!("{}/fresh.json", job.id)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_without_files_leaves_no_folder_even_after_a_killed_attempt() {
    let world = world().await;
    let job = world.submit(json!({})).await;
    world.store.claim("killed", &[KIND], Duration::ZERO).await.unwrap().unwrap();
    write(&world.artifacts(), &format!("{}/stale.json", job.id), "{}");
    let runner = world.start(|_, _| Ok(output(Value::Null)));
    assert_eq!(world.ended(&job).await.status, Status::Succeeded);
    runner.stop().await;
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_lost_its_lease_while_it_waited_to_publish_moves_nothing() {
    let world = world().await;
    fs::create_dir_all(world.artifacts().join(".attempts")).unwrap();
    let lock = ArtifactFolders::new(world.artifacts()).try_lock().unwrap().unwrap();
    // One job at once: the runner can't take the job from itself.
    let settings = RunnerSettings { concurrency: 1, ..world.settings() };
    let runner = world.start_with(settings, |context, _| {
        write(&context.artifact_dir, "late.json", "{}");
        Ok(output(json!("too late")))
    });
    let job = world.submit(json!({})).await;
    world.until(&job.id, |job| job.status == Status::Running).await;
    let stolen = loop {
        world.sql("UPDATE jobs SET lease_expires_at = 0").await;
        if let Some(stolen) = world.store.claim("thief", &[KIND], DEADLINE).await.unwrap() {
            break stolen;
        }
    };
    write(&world.artifacts(), &format!("{}/of_the_thief.json", job.id), "{}");
    assert!(world.store.succeed(&stolen.lease, json!("the thief's"), 0, &[]).await.unwrap());
    drop(lock);
    // It ends what it has begun.
    runner.stop().await;
    assert_eq!(world.files(), [job.id.to_string(), format!("{}/of_the_thief.json", job.id)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_without_files_waits_for_nobody_who_publishes() {
    let world = world().await;
    fs::create_dir_all(world.artifacts().join(".attempts")).unwrap();
    let lock = ArtifactFolders::new(world.artifacts()).try_lock().unwrap();
    let runner = world.start(|_, _| Ok(output(Value::Null)));
    let job = world.submit(json!({})).await;
    assert_eq!(world.ended(&job).await.status, Status::Succeeded);
    assert!(lock.is_some());
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_jobs_are_forgotten_with_their_files() {
    let world = world_with(StoreSettings { retention: Duration::ZERO, ..StoreSettings::default() }).await;
    let job = world.submit(json!({})).await;
    let claim = world.store.claim("other", &[KIND], DEADLINE).await.unwrap().unwrap();
    write(&world.artifacts(), &format!("{}/old.json", job.id), "{}");
    assert!(world.store.succeed(&claim.lease, Value::Null, 0, &[]).await.unwrap());
    let runner = world.start(|_, _| Ok(output(Value::Null)));
    let forgotten = async {
        while world.queue.get(&job.id).await.unwrap().is_some() || !world.files().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, forgotten).await.expect("the job is forgotten");
    runner.stop().await;
}
