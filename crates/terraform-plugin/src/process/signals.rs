//! Signals: an interrupt is the host's business, a termination is ours.

use tokio::sync::mpsc::UnboundedSender;

use super::ending::Ending;

/// What an interrupt (Ctrl-C) or the terminal's closing means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupts {
    /// Nothing: the terminal sends it to the whole process group, and the host, which got it too, will
    /// say what to do. Should it die of it, we shall notice.
    Ignored,
    /// The end, when a person runs us by hand.
    End,
}

/// Handles signals from now on.
#[cfg(unix)]
pub fn handle(interrupts: Interrupts, end: UnboundedSender<Ending>) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(()) = interrupt.recv() => if interrupts == Interrupts::Ignored { continue },
                Some(()) = hangup.recv() => if interrupts == Interrupts::Ignored { continue },
                Some(()) = terminate.recv() => {}
                else => return,
            }
            let _ = end.send(Ending::Terminated);
        }
    });
    Ok(())
}

/// Handles signals from now on.
#[cfg(not(unix))]
pub fn handle(interrupts: Interrupts, end: UnboundedSender<Ending>) -> std::io::Result<()> {
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if interrupts == Interrupts::End {
                let _ = end.send(Ending::Terminated);
            }
        }
    });
    Ok(())
}
