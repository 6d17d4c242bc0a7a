//! The only place that prints: data to stdout; notes, bars and logs to stderr.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where a command's words go.
#[derive(Debug, Clone)]
pub struct Terminal {
    bars: MultiProgress,
    lost: Arc<Mutex<Option<String>>>,
    interactive: bool,
    quiet: bool,
}

impl Terminal {
    /// A terminal; `quiet` leaves out notes and bars, but no warnings.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let interactive = std::io::stderr().is_terminal() && !quiet;
        let bars = MultiProgress::new();
        if !interactive {
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self { bars, lost: Arc::default(), interactive, quiet }
    }

    /// Prints a result on stdout. A reader that went away (`| head`) is no error.
    pub fn data(&self, text: impl AsRef<str>) {
        self.bars.suspend(|| {
            let mut stdout = std::io::stdout().lock();
            let written = writeln!(stdout, "{}", text.as_ref().trim_end_matches('\n')).and_then(|()| stdout.flush());
            if let Err(error) = written
                && error.kind() != std::io::ErrorKind::BrokenPipe
            {
                *self.lost.lock().expect("no thread panics while it prints") = Some(error.to_string());
            }
        });
    }

    /// Why results could not be printed, if they could not.
    #[must_use]
    pub fn lost(&self) -> Option<String> {
        self.lost.lock().expect("no thread panics while it prints").clone()
    }

    /// Prints a note for people on stderr.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.print(text.as_ref());
        }
    }

    /// Prints a warning or an error for people on stderr, also when notes are left out.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.print(text.as_ref());
    }

    fn print(&self, text: &str) {
        self.bars.suspend(|| {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        });
    }

    /// Columns of the terminal that stdout is, or 100 where it is none.
    #[must_use]
    pub fn width(&self) -> usize {
        let columns = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
        columns.unwrap_or(100)
    }

    /// Starts the log on stderr: what `RUST_LOG` asks for, or else requests that failed (1) or everything (2).
    pub fn start_log(&self, verbosity: u8) {
        let default = match verbosity {
            0 => "riskpref=warn",
            1 => "riskpref=debug",
            _ => "debug,hyper_util=info",
        };
        let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| default.into());
        let log =
            tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(self.interactive);
        // A second start in one process keeps the first one's log.
        let _ = log.try_init();
    }

    /// Starts a bar for `total` pieces of work. Where stderr is no terminal it becomes a line now and then.
    #[must_use]
    pub fn bar(&self, label: impl Into<String>, total: u64) -> Bar {
        self.start_bar(label.into(), total, Unit::Piece)
    }

    /// Starts a bar for 100 percent of something that fails as a whole or not at all.
    #[must_use]
    pub fn percent(&self, label: impl Into<String>) -> Bar {
        self.start_bar(label.into(), 100, Unit::Percent)
    }

    /// Starts a bar for `total` bytes.
    #[must_use]
    pub fn download(&self, label: impl Into<String>, total: u64) -> Bar {
        self.start_bar(label.into(), total, Unit::Byte)
    }

    fn start_bar(&self, label: String, total: u64, unit: Unit) -> Bar {
        let bar = self.bars.add(ProgressBar::new(total));
        let style = ProgressStyle::with_template(match unit {
            Unit::Piece | Unit::Percent => "{prefix} {wide_bar:.cyan/dim} {pos}/{len} {msg} eta {eta}",
            Unit::Byte => "{prefix} {wide_bar:.cyan/dim} {decimal_bytes}/{decimal_total_bytes} eta {eta}",
        });
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
        bar.set_prefix(label.clone());
        if self.interactive {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        let counts = Counts { done: 0, failed: 0, started: Instant::now(), printed: Instant::now(), started_at: 0 };
        Bar { bar, label, total, unit, terminal: self.clone(), counts: Arc::new(Mutex::new(counts)) }
    }
}

/// What a bar counts.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Piece,
    Percent,
    Byte,
}

#[derive(Debug)]
struct Counts {
    done: u64,
    failed: u64,
    started: Instant,
    printed: Instant,
    started_at: u64,
}

/// The progress of one piece of long work. Clones move the same bar.
#[derive(Debug, Clone)]
pub struct Bar {
    bar: ProgressBar,
    label: String,
    total: u64,
    unit: Unit,
    terminal: Terminal,
    counts: Arc<Mutex<Counts>>,
}

/// How often a line replaces the bar where stderr is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

impl Bar {
    /// Counts work that an earlier run did.
    pub fn present(&self, count: u64) {
        self.update(|counts| {
            counts.done += count;
            counts.started_at += count;
        });
        self.forget_speed();
    }

    /// Counts work that is done now.
    pub fn done(&self, count: u64) {
        self.update(|counts| counts.done += count);
    }

    /// Counts work that failed for good.
    pub fn failed(&self, count: u64) {
        self.update(|counts| {
            counts.done += count;
            counts.failed += count;
        });
    }

    /// Moves the bar to a position. What lies before the first one was done by an earlier run or was waited for, and says
    /// nothing about how fast the work goes.
    pub fn reach(&self, position: u64) {
        let mut begins = false;
        self.update(|counts| {
            // A server that was interrupted goes on behind what it last told of.
            begins = counts.done == 0 || position < counts.started_at;
            if begins {
                (counts.started, counts.started_at) = (Instant::now(), position);
            }
            counts.done = position;
        });
        if begins {
            self.forget_speed();
        }
    }

    /// What the bar stands at becomes the start of its estimate, which otherwise takes it for made just now.
    fn forget_speed(&self) {
        self.bar.set_length(self.total);
        self.bar.reset_eta();
    }

    /// Shows words beside the bar.
    pub fn message(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn update(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.lock().expect("no thread panics while it counts");
        change(&mut counts);
        self.bar.set_position(counts.done);
        if counts.failed > 0 {
            self.bar.set_message(format!("({} failed)", counts.failed));
        }
        if !self.terminal.interactive && counts.printed.elapsed() >= LINE_INTERVAL {
            counts.printed = Instant::now();
            self.terminal.note(self.line(&counts));
        }
    }

    fn line(&self, counts: &Counts) -> String {
        let (label, done, total) = (&self.label, counts.done, self.total);
        let far = match self.unit {
            Unit::Piece => format!("{label}: {done} of {total}, {} failed", counts.failed),
            Unit::Percent => format!("{label}: {done} %"),
            Unit::Byte => {
                let [done, total] = [done, total].map(|bytes| bytes as f64 / 1e6);
                format!("{label}: {done:.1} of {total:.1} MB")
            }
        };
        let made = counts.done.saturating_sub(counts.started_at);
        if made == 0 {
            return far;
        }
        let left = counts.started.elapsed().as_secs_f64() / made as f64 * total.saturating_sub(done) as f64;
        format!("{far}, about {left:.0} s left")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_of_failures_where_pieces_can_fail() {
        let line = |bar: &Bar| {
            bar.update(|counts| (counts.done, counts.failed) = (40, 0));
            bar.line(&bar.counts.lock().unwrap())
        };
        let terminal = Terminal::new(true);
        assert!(line(&terminal.bar("judge", 100)).starts_with("judge: 40 of 100, 0 failed, about "));
        assert!(line(&terminal.percent("train a")).starts_with("train a: 40 %, about "));
    }

    #[test]
    fn what_an_earlier_run_did_does_not_count_as_fast() {
        let bar = Terminal::new(true).percent("train a");
        let line = |bar: &Bar| bar.line(&bar.counts.lock().unwrap());
        bar.counts.lock().unwrap().started -= Duration::from_secs(100);
        bar.reach(60);
        assert_eq!(line(&bar), "train a: 60 %");
        bar.counts.lock().unwrap().started -= Duration::from_secs(10);
        bar.reach(80);
        assert_eq!(line(&bar), "train a: 80 %, about 10 s left");
        bar.reach(50);
        assert_eq!(line(&bar), "train a: 50 %");
    }
}
