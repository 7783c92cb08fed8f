//! Duet beside libwebrtc: prepares the harness, runs both in turn, prints one table.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::setup;
use crate::shell::{self, Result, cache_dir, cargo, target_dir};
use crate::{c, kotlin, swift};

#[derive(clap::Args)]
pub struct Args {
    /// What calls from the other languages cost, instead.
    #[arg(long)]
    ffi: bool,
    /// Runs of each peer, in turn; medians are printed.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Seconds measured in each run.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// A scenario of the harness: clean, cap500, loss10 ...
    #[arg(long, default_value = "clean")]
    scenario: String,
    /// Video codecs to compare; libwebrtc's side speaks VP8 only and is left out of the others.
    #[arg(long, value_delimiter = ',', default_value = "vp8,h264")]
    codecs: Vec<String>,
    /// Where the bandwidth estimate starts, in kbit/s; 0 is each engine's own choice.
    #[arg(long, default_value_t = 1500)]
    start_kbps: u32,
    /// The peer to compare with, a name in the harness's peers.json.
    #[arg(long, default_value = "wrtc")]
    beside: String,
}

/// Figures of a row: name, key in the results, digits shown.
const FIGURES: &[(&str, &str, usize)] = &[
    ("connect ms", "connect_ms_p50", 0),
    ("first frame ms", "first_frame_ms_p50", 0),
    ("CPU s/s", "cpu_s_per_s", 3),
    ("latency p50 ms", "latency_ms_p50", 1),
    ("latency p95 ms", "latency_ms_p95", 1),
    ("PSNR-Y dB", "psnr_db", 2),
    ("kbit/s", "bitrate_kbps", 0),
    ("fps", "fps_rx", 2),
    ("freezes", "freezes", 1),
    ("audio ms", "audio_lat_ms_p50", 0),
    ("PSS MB", "pss_mb", 1),
];

pub fn run(args: &Args) -> Result {
    if args.ffi {
        setup::install_languages()?;
        c::bench()?;
        kotlin::bench()?;
        return swift::bench();
    }
    setup::build_packages_if_possible();
    let harness = harness()?;
    prepare(&harness, &args.beside)?;
    let mut build = vec!["build", "--release", "--package", "duet-desktop", "--bin", "duet-bench-peer"];
    if setup::has_libvpx() {
        build.extend(["--features", "vp8"]);
    }
    shell::run(cargo(&build))?;
    let work = cache_dir()?.join("bench");
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    let peers = peers_file(&harness, &work)?;
    let results = work.join("results.jsonl");
    // Old results are not of this run.
    fs::remove_file(&results).ok();
    for codec in &args.codecs {
        let other = (codec == "vp8" || args.beside != "wrtc").then_some(args.beside.as_str());
        for _ in 0..args.runs {
            for peer in other.into_iter().chain(["duet"]) {
                once(args, &harness, &peers, &results, peer, codec)?;
            }
        }
    }
    print_tables(&results, args)
}

/// `$DUET_BENCH`, or beside the workspace.
fn harness() -> Result<PathBuf> {
    let folder =
        std::env::var_os("DUET_BENCH").map_or_else(|| shell::root().join("../shared/bench"), PathBuf::from);
    if folder.join("bench.py").is_file() {
        Ok(folder)
    } else {
        Err(format!("no bench harness in {}; set DUET_BENCH to its folder", folder.display()))
    }
}

fn prepare(harness: &Path, beside: &str) -> Result {
    let mut setup = Command::new("bash");
    setup.arg(harness.join("setup.sh"));
    if beside == "wrtc" {
        setup.arg("--minimal");
    }
    shell::run(setup)
}

fn harness_work() -> Result<PathBuf> {
    let home = std::env::var_os("HOME").ok_or("HOME is not set; set it to your home folder")?;
    Ok(std::env::var_os("BENCH_WORK")
        .map_or_else(|| PathBuf::from(home).join(".cache/duet-bench"), PathBuf::from))
}

/// The harness's peers and ours.
fn peers_file(harness: &Path, work: &Path) -> Result<PathBuf> {
    let source = harness.join("peers.json");
    let text = fs::read_to_string(&source).map_err(|error| format!("{}: {error}", source.display()))?;
    let mut peers: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", source.display()))?;
    let program = target_dir().join("release/duet-bench-peer");
    let program = program.canonicalize().map_err(|error| format!("{}: {error}", program.display()))?;
    peers["duet"] = json!({ "cmd": [program.to_string_lossy()] });
    let target = work.join("peers.json");
    fs::write(&target, peers.to_string()).map_err(|error| format!("{}: {error}", target.display()))?;
    Ok(target)
}

fn once(args: &Args, harness: &Path, peers: &Path, results: &Path, peer: &str, codec: &str) -> Result {
    let mut bench = Command::new(harness_work()?.join("py/bin/python"));
    bench
        .arg(harness.join("bench.py"))
        .arg("--peers")
        .arg(peers)
        .arg("--out")
        .arg(results)
        .args(["--peer", peer, "--codec", codec, "--scenario", &args.scenario, "--runs", "1", "--warm", "5"])
        .args(["--dur", &args.seconds.to_string(), "--start-kbps", &args.start_kbps.to_string()]);
    shell::run(bench)
}

fn print_tables(results: &Path, args: &Args) -> Result {
    let text = fs::read_to_string(results).map_err(|error| format!("{}: {error}", results.display()))?;
    let rows: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for codec in &args.codecs {
        println!("\n{} 640x480, {} s, median of {} runs\n", codec, args.seconds, args.runs);
        let header: Vec<&str> = FIGURES.iter().map(|(name, ..)| *name).collect();
        println!("| peer | {} |", header.join(" | "));
        println!("|---{}|", "|---".repeat(header.len()));
        let ours = medians(&rows, "duet", codec);
        let theirs = medians(&rows, &args.beside, codec);
        for (name, row) in [(args.beside.as_str(), &theirs), ("duet", &ours)] {
            if row.iter().any(Option::is_some) {
                println!("| {name} | {} |", cells(row));
            }
        }
        if theirs.iter().any(Option::is_some) {
            println!("| duet / {} | {} |", args.beside, ratios(&ours, &theirs));
        }
    }
    println!("\nevery run: {}", results.display());
    Ok(())
}

fn medians(rows: &[Value], peer: &str, codec: &str) -> Vec<Option<f64>> {
    let of_peer: Vec<&Value> =
        rows.iter().filter(|row| row["peer"] == peer && row["codec"] == codec).collect();
    FIGURES
        .iter()
        .map(|(_, key, _)| median(of_peer.iter().filter_map(|row| row[key].as_f64()).collect()))
        .collect()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

fn cells(row: &[Option<f64>]) -> String {
    let cell = |(value, (_, _, digits)): (&Option<f64>, &(&str, &str, usize))| {
        value.map_or_else(|| "-".into(), |value| format!("{value:.digits$}"))
    };
    row.iter().zip(FIGURES).map(cell).collect::<Vec<_>>().join(" | ")
}

fn ratios(ours: &[Option<f64>], theirs: &[Option<f64>]) -> String {
    let ratio = |(ours, theirs): (&Option<f64>, &Option<f64>)| match (ours, theirs) {
        (Some(ours), Some(theirs)) if *theirs != 0.0 => format!("{:.2}", ours / theirs),
        _ => "-".into(),
    };
    ours.iter().zip(theirs).map(ratio).collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn rows_of_other_peers_and_codecs_do_not_count() {
        let rows = [
            json!({"peer": "duet", "codec": "vp8", "connect_ms_p50": 40.0}),
            json!({"peer": "duet", "codec": "h264", "connect_ms_p50": 90.0}),
            json!({"peer": "wrtc", "codec": "vp8", "connect_ms_p50": 200.0}),
        ];
        assert_eq!(medians(&rows, "duet", "vp8")[0], Some(40.0));
        assert_eq!(ratios(&[Some(40.0)], &[Some(200.0)]), "0.20");
    }
}
