//! Connections kept between requests to one address.

use std::sync::{Mutex, PoisonError};

use super::connection::{Answer, Ask, Connection, Unanswered};

#[derive(Default)]
pub struct Pool(Mutex<Vec<Connection>>);

impl Pool {
    /// Asks on a kept connection, and once more on a new one if that was found closed with nothing
    /// sent (which is told in `retried`); else on a new one. A failure once anything was sent is the
    /// final answer: the other side may have acted on it.
    ///
    /// `open` is awaited only when a new connection is needed.
    pub async fn ask(
        &self,
        ask: &Ask,
        keep: bool,
        open: impl Future<Output = Result<Connection, String>>,
        retried: &mut bool,
    ) -> Result<Answer, String> {
        if let Some(mut connection) = keep.then(|| self.take()).flatten() {
            match connection.get(ask, false).await {
                Ok(answer) => {
                    self.put(connection);
                    return Ok(answer);
                }
                Err(Unanswered::Unsent) => *retried = true,
                Err(broken) => return Err(broken.to_string()),
            }
        }
        let mut connection = open.await?;
        let answer = connection.get(ask, !keep).await.map_err(|error| error.to_string())?;
        if keep {
            self.put(connection);
        }
        Ok(answer)
    }

    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn take(&self) -> Option<Connection> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(Connection::usable);
        kept.pop()
    }

    fn put(&self, connection: Connection) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}
