//! What the process gives to a command: the store of runs, threads, Ctrl-C, the machine's peak.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use journal::Store;
use kernels::gemm::Precision;
use kernels::gemm::peak;
use life::Session;
use stdx::interrupt::Interrupt;
use stdx::progress::Progress;

/// Options that every command takes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Global {
    /// Where runs and models are kept [default: $LYCEUM_HOME, else the user's data folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,
    /// Threads to compute with [default: all cores that this process may use]
    #[arg(long, global = true, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
    /// What to train on: cpu, or with the build's feature of that name wgpu, vulkan, metal, cuda or
    /// rocm
    #[arg(long, global = true, value_name = "NAME", default_value = "cpu")]
    pub(crate) device: String,
    /// Show no progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// Somebody pressed Ctrl-C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopped(&'static str);

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stopped; {}", self.0)
    }
}

impl std::error::Error for Stopped {}

/// A number of threads.
fn threads(text: &str) -> Result<usize, String> {
    let wrong = || format!("{text:?} is no number of threads; give 1 to 256");
    text.parse().ok().filter(|n| (1..=256).contains(n)).ok_or_else(wrong)
}

/// The process as commands see it.
#[derive(Clone)]
pub(crate) struct Host {
    /// Runs and models.
    pub(crate) store: Store,
    /// Ctrl-C once; a second one ends the process at once.
    pub(crate) interrupt: Interrupt,
    /// Whether somebody is being waited for, whose Ctrl-C ends the process.
    waiting: Arc<AtomicBool>,
    quiet: bool,
    /// What training computes on.
    pub(crate) device: train::device::Device,
    /// How a person calls this program with the same home.
    call: String,
}

impl Host {
    /// `serves`: the work comes from other threads than this one.
    pub(crate) fn new(global: &Global, serves: bool) -> Result<Self> {
        let threads = stdx::threads::budget(global.threads);
        match serves {
            true => stdx::threads::install(threads),
            false => stdx::threads::install_here(threads),
        };
        let variable = |name| std::env::var(name).ok();
        let home = global.home.clone().unwrap_or_else(|| {
            Store::default_home(
                variable("LYCEUM_HOME").as_deref(),
                variable("XDG_DATA_HOME").as_deref(),
                variable("HOME").as_deref(),
            )
        });
        let store = Store::open(&home)?;
        let interrupt = Interrupt::default();
        let waiting = Arc::new(AtomicBool::new(false));
        let (asked, idle) = (interrupt.clone(), waiting.clone());
        ctrlc::set_handler(move || {
            if asked.requested() || idle.load(Ordering::Relaxed) {
                std::process::exit(130);
            }
            asked.request();
        })
        .context("Ctrl-C cannot be watched")?;
        let call = match &global.home {
            Some(home) => format!("lyceum --home {}", home.display()),
            None => "lyceum".to_string(),
        };
        let device = train::device::named(&global.device)?;
        Ok(Self { store, interrupt, waiting, quiet: global.quiet, device, call })
    }

    /// A command for a person to type next.
    pub(crate) fn next(&self, words: &str) -> String {
        format!("{} {words}", self.call)
    }

    /// Waits for a person; Ctrl-C meanwhile ends the process.
    pub(crate) fn at_prompt<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.waiting.store(true, Ordering::Relaxed);
        let answer = wait();
        self.waiting.store(false, Ordering::Relaxed);
        answer
    }

    /// An error once somebody pressed Ctrl-C; `kept` says what that leaves.
    pub(crate) fn go_on(&self, kept: &'static str) -> Result<(), Stopped> {
        if self.interrupt.requested() { Err(Stopped(kept)) } else { Ok(()) }
    }

    /// The progress of work of known length, unless nobody wants to see it.
    pub(crate) fn progress(&self, name: &str, total: u64) -> Progress {
        if self.quiet { Progress::silent() } else { Progress::new(name, total) }
    }

    /// For a training run: shows progress, knows the machine's peak at `precision`.
    pub(crate) fn session(&self, precision: train::config::Precision) -> Session {
        let peak = if self.quiet { 0.0 } else { peak_of(precision) };
        let (interrupt, device) = (self.interrupt.clone(), self.device.clone());
        Session { interrupt, shown: !self.quiet, peak, device }
    }
}

/// Operations a second that this machine does at best: the best of a few short tries.
pub(crate) fn peak_of(precision: train::config::Precision) -> f64 {
    let precision = match precision {
        train::config::Precision::F32 => Precision::F32,
        train::config::Precision::Bf16 => Precision::Bf16,
    };
    let tries = (0..4).map(|_| {
        let start = Instant::now();
        peak::work(precision) / start.elapsed().as_secs_f64().max(1e-9)
    });
    tries.fold(0.0, f64::max)
}
