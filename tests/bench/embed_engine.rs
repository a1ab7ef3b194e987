//! Our engine as a process that `embed_bench.py` asks over a pipe, as it asks its peers (`embed_peers.py`).
//!
//! usage: `embed_engine full|fast MODEL_DIR THREADS`, then a JSON request a line: `{"texts": [...], "times": 3}` or
//! `{"texts": [...], "alone": true}`; each is answered by a line. `embed_engine peak` prints the rate that one core
//! reaches with sums and products in registers alone.
#![expect(unsafe_code, reason = "instructions that were asked for before")]

use std::error::Error;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use textmill::core::embeddings::{Embedder, Embeddings, LocalEmbedder, LocalOptions, Precision};
use tokio_util::sync::CancellationToken;

/// A failure ends it; the other side sees the pipe close.
type Answer<T> = Result<T, Box<dyn Error>>;

fn main() -> Answer<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| *word != "--bench").collect();
    match arguments.as_slice() {
        ["peak"] => Ok(writeln!(io::stdout(), "{:.1}", peak_gflops())?),
        ["full", model, threads] => serve(model, threads, Precision::Full),
        ["fast", model, threads] => serve(model, threads, Precision::Fast),
        _ => Err("embed_engine full|fast MODEL_DIR THREADS, or embed_engine peak".into()),
    }
}

fn serve(model: &str, threads: &str, precision: Precision) -> Answer<()> {
    let began = Instant::now();
    let options = LocalOptions { precision, threads: Some(threads.parse()?), ..LocalOptions::default() };
    let embedder = LocalEmbedder::open(Path::new(model), options)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", json!({ "load_s": began.elapsed().as_secs_f64() }))?;
    out.flush()?;
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let texts: Vec<&str> = request["texts"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let answer =
            if request["alone"] == true { alone(&embedder, &texts)? } else { together(&embedder, &texts, &request)? };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// All texts, several times.
fn together(embedder: &LocalEmbedder, texts: &[&str], request: &Value) -> Answer<Value> {
    let (began, cpu) = (Instant::now(), cpu_time());
    let mut found = Embeddings::default();
    for _ in 0..request["times"].as_u64().unwrap_or(1) {
        found = embedder.embed(texts, &CancellationToken::new())?;
    }
    let (wall, cpu) = (began.elapsed(), cpu_time().saturating_sub(cpu));
    let mut answer = json!({ "wall_s": wall.as_secs_f64(), "cpu_s": cpu.as_secs_f64(), "peak_mib": peak_mib() });
    if request["vectors"] == true {
        answer["vectors"] = found.vectors().map(<[f32]>::to_vec).collect();
        answer["tokens"] = found.lengths.iter().flatten().map(|length| length.tokens).collect();
    }
    Ok(answer)
}

/// One text after another: the milliseconds of each.
fn alone(embedder: &LocalEmbedder, texts: &[&str]) -> Answer<Value> {
    let mut times = Vec::with_capacity(texts.len());
    for text in texts {
        let began = Instant::now();
        embedder.embed(&[text], &CancellationToken::new())?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(json!({ "ms": times }))
}

/// What this process has used of the processor.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or_default());
    seconds + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or_default())
}

/// The most memory that it has had.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).map_or(0.0, |kib| kib / 1024.0)
}

/// The best of several short runs, in 10^9 additions and multiplications a second of the processor.
fn peak_gflops() -> f64 {
    const STEPS: u32 = 4_000_000;
    let runs = (0..10).map(|_| {
        let cpu = cpu_time();
        let operations = spin(STEPS);
        f64::from(STEPS) * operations / cpu_time().saturating_sub(cpu).as_secs_f64() / 1e9
    });
    runs.fold(0.0, f64::max)
}

/// Sums and products that don't wait for each other; how many operations a step is.
#[cfg(target_arch = "x86_64")]
fn spin(steps: u32) -> f64 {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm512_fmadd_ps, _mm512_set1_ps};

    #[target_feature(enable = "avx512f")]
    fn wide(steps: u32) {
        let (mut sums, half) = ([_mm512_set1_ps(1.0); 24], _mm512_set1_ps(black_box(0.5)));
        for _ in 0..steps {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, half, half);
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx2,fma")]
    fn narrow(steps: u32) {
        let (mut sums, half) = ([_mm256_set1_ps(1.0); 12], _mm256_set1_ps(black_box(0.5)));
        for _ in 0..steps {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, half, half);
            }
        }
        black_box(sums);
    }

    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has it.
        unsafe { wide(steps) };
        return 24.0 * 32.0;
    }
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the processor has both.
        unsafe { narrow(steps) };
        return 12.0 * 16.0;
    }
    f64::NAN
}

#[cfg(not(target_arch = "x86_64"))]
fn spin(_: u32) -> f64 {
    f64::NAN
}
