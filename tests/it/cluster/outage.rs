//! The database goes away for ten seconds: requests are refused in words, and everything goes on by itself.

mod postgres {
    use std::fs;
    use std::time::{Duration, Instant};

    use serde_json::{Value, json};

    use crate::cluster::{front, many_files, worker};
    use crate::support::postgres::Server;
    use crate::support::service::Service;
    use crate::support::site::Site;
    use crate::support::wait_until;

    const AWAY: Duration = Duration::from_secs(10);

    fn status(service: &Service, path: &str) -> u16 {
        service.client.get(format!("{}{path}", service.url)).send().unwrap().status().as_u16()
    }

    /// What a service says without its database.
    fn assert_refuses(service: &Service) {
        let ready = service.client.get(format!("{}/ready", service.url)).send().unwrap();
        assert!(ready.status() == 503 && ready.headers().contains_key("retry-after"), "{ready:?}");
        assert!(ready.text().unwrap().contains("database"));
        assert_eq!(status(service, "/health"), 200);
        let answer = service.client.get(format!("{}/v1/jobs", service.url)).send().unwrap();
        assert!(answer.status() == 502 && answer.headers().contains_key("retry-after"), "{answer:?}");
        let problem: Value = answer.json().unwrap();
        assert_eq!(problem["code"], "storage-failure", "{problem}");
        assert!(problem["hint"].is_string(), "{problem}");
    }

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn services_and_workers_go_on_after_ten_seconds_without_their_database() {
        let site = Site::on_postgres(Server::alone());
        many_files(&site.data().join("in"));
        fs::write(site.data().join("a.csv"), "x,y\n1,2\n").unwrap();
        let services = [front(&site), front(&site)];
        let mut workers = [worker(&site, 1), worker(&site, 1)];
        let ask = |number: usize, path: &str| {
            let request = json!({"source": {"type": "path", "path": path}});
            services[number].convert(&request)["id"].as_str().unwrap().to_owned()
        };
        let mut jobs = vec![ask(0, "in"), ask(1, "a.csv"), ask(0, "in")];
        wait_until("a job is divided", || {
            !services[0].get(&format!("/v1/jobs?parent={}", jobs[0]))["items"].as_array().unwrap().is_empty()
        });
        let stopped = site.database.server().unwrap().stop();
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for service in &services {
                scope.spawn(|| assert_refuses(service));
            }
        });
        std::thread::sleep(AWAY.saturating_sub(begun.elapsed()));
        drop(stopped);
        for service in &services {
            wait_until("it is ready again", || status(service, "/ready") == 200);
        }
        jobs.push(ask(1, "a.csv"));
        for id in &jobs {
            let job = services[1].ended(id);
            // Ten seconds are less than a lease; but one that was about to publish is tried again.
            assert_eq!(job["status"], "succeeded", "{job}");
            assert!(job["attempt"].as_u64().unwrap() <= 2, "{job}");
        }
        let told = services[0].get("/v1/workers");
        let alive = told["items"].as_array().unwrap().iter().filter(|worker| worker["status"] == "alive");
        assert_eq!(alive.count(), 2, "{told}");
        assert!(workers.iter_mut().all(|worker| worker.exited().is_none()));
    }
}
