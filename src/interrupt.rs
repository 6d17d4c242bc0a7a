//! Ctrl-C: the first one asks to finish what is in flight, the second one to leave at once.

use tokio::sync::watch;

/// How often Ctrl-C was pressed. Clones see the same count.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<u32>);

/// How long a command may take to write what there is after the second Ctrl-C.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

impl Interrupt {
    /// Starts listening for Ctrl-C and for the signal to terminate; `on_first` is called at the first one.
    pub fn listen(on_first: impl Fn() + Send + 'static) -> Self {
        let (sender, receiver) = watch::channel(0);
        tokio::spawn(async move {
            while signalled().await {
                sender.send_modify(|count| *count += 1);
                match *sender.borrow() {
                    1 => on_first(),
                    // Whoever can still write what there is does so; work that does not look is left.
                    _ => drop(std::thread::spawn(|| {
                        std::thread::sleep(GRACE);
                        std::process::exit(130);
                    })),
                }
            }
            // Keeps the channel open, so that nobody waiting for a second signal wakes up without one.
            std::future::pending::<()>().await;
        });
        Self(receiver)
    }

    /// For work that nobody interrupts.
    #[must_use]
    pub fn never() -> Self {
        Self(watch::channel(0).1)
    }

    /// Whether Ctrl-C was pressed.
    #[must_use]
    pub fn requested(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Returns when Ctrl-C is pressed, or has been.
    pub async fn first(&self) {
        self.reached(1).await;
    }

    /// Returns when Ctrl-C is pressed a second time.
    pub async fn second(&self) {
        self.reached(2).await;
    }

    async fn reached(&self, count: u32) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|pressed| *pressed >= count).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn signalled() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return false };
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.is_ok(),
        received = terminate.recv() => received.is_some(),
    }
}
