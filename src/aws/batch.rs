//! Many questions, one call: what several resources ask within a moment goes to AWS together.
//!
//! A question never joins a call that has already been sent, so an answer is never older than its question.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::errors::Error;

/// How long the first question waits for company.
const WINDOW: Duration = Duration::from_millis(10);

#[async_trait]
pub(super) trait Fetch: Send + Sync + 'static {
    type Key: Ord + Clone + Send + Sync + 'static;
    type Value: Clone + Send + 'static;
    const OPERATION: &'static str;
    /// Keys one call takes.
    const MOST: usize;

    /// Both keys may go into one call.
    fn together(_: &Self::Key, _: &Self::Key) -> bool {
        true
    }

    /// Waits until a call may be sent; more questions gather meanwhile.
    async fn permit(&self);

    /// One value for each key.
    async fn fetch(&self, keys: Vec<Self::Key>) -> Result<BTreeMap<Self::Key, Self::Value>, Error>;
}

type Answer<V> = Result<V, Error>;
type Waiting<F> = BTreeMap<<F as Fetch>::Key, Vec<oneshot::Sender<Answer<<F as Fetch>::Value>>>>;

pub(super) struct Batch<F: Fetch>(Arc<Shared<F>>);

struct Shared<F: Fetch> {
    fetch: F,
    waiting: Mutex<Waiting<F>>,
}

impl<F: Fetch> Batch<F> {
    pub fn new(fetch: F) -> Self {
        Batch(Arc::new(Shared { fetch, waiting: Mutex::new(BTreeMap::new()) }))
    }

    pub async fn ask(&self, key: F::Key) -> Answer<F::Value> {
        let answer = self.0.queue(key);
        answer.await.unwrap_or_else(|_| Err(Error::lost(F::OPERATION)))
    }

    pub async fn ask_all(
        &self,
        keys: impl IntoIterator<Item = F::Key>,
    ) -> Result<BTreeMap<F::Key, F::Value>, Error> {
        let asked: Vec<_> = keys.into_iter().map(|key| (key.clone(), self.0.queue(key))).collect();
        let mut answers = BTreeMap::new();
        for (key, answer) in asked {
            answers.insert(key, answer.await.unwrap_or_else(|_| Err(Error::lost(F::OPERATION)))?);
        }
        Ok(answers)
    }
}

impl<F: Fetch> Shared<F> {
    fn queue(self: &Arc<Self>, key: F::Key) -> oneshot::Receiver<Answer<F::Value>> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let first = waiting.is_empty();
        waiting.entry(key).or_default().push(sender);
        drop(waiting);
        if first {
            // Its own task, so that a caller that gives up does not take the others' answers with it.
            tokio::spawn(self.clone().send_all());
        }
        receiver
    }

    async fn send_all(self: Arc<Self>) {
        tokio::time::sleep(WINDOW).await;
        loop {
            self.fetch.permit().await;
            let (asked, more) = self.take();
            if asked.is_empty() {
                return;
            }
            tokio::spawn(self.clone().send(asked));
            if !more {
                return;
            }
        }
    }

    /// As many questions as fit into one call, and whether some are left.
    fn take(&self) -> (Waiting<F>, bool) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = waiting.keys().next().cloned() else { return (BTreeMap::new(), false) };
        let keys: Vec<_> =
            waiting.keys().filter(|key| F::together(&first, key)).take(F::MOST).cloned().collect();
        let asked = keys.into_iter().filter_map(|key| waiting.remove_entry(&key)).collect();
        (asked, !waiting.is_empty())
    }

    async fn send(self: Arc<Self>, asked: Waiting<F>) {
        let answers = self.fetch.fetch(asked.keys().cloned().collect()).await;
        for (key, senders) in asked {
            let answer = match &answers {
                Ok(found) => found.get(&key).cloned().ok_or_else(|| Error::lost(F::OPERATION)),
                Err(error) => Err(error.clone()),
            };
            for sender in senders {
                // The asker may have given up.
                let _ = sender.send(answer.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Calls(Arc<Mutex<Vec<Vec<u32>>>>);

    #[async_trait]
    impl Fetch for Calls {
        type Key = u32;
        type Value = String;
        const OPERATION: &'static str = "test";
        const MOST: usize = 3;

        fn together(a: &u32, b: &u32) -> bool {
            a / 100 == b / 100
        }

        async fn permit(&self) {}

        async fn fetch(&self, keys: Vec<u32>) -> Result<BTreeMap<u32, String>, Error> {
            self.0.lock().unwrap().push(keys.clone());
            Ok(keys.into_iter().map(|key| (key, key.to_string())).collect())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn questions_of_one_moment_share_calls_and_later_ones_never_join_a_sent_call() {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let batch = Batch::new(Calls(calls.clone()));
        let (many, one) = tokio::join!(batch.ask_all([1, 2, 3, 4, 100]), batch.ask(2));
        assert_eq!((many.unwrap().len(), one.unwrap()), (5, "2".to_owned()));
        assert_eq!(*calls.lock().unwrap(), [vec![1, 2, 3], vec![4], vec![100]]);
        batch.ask(2).await.unwrap();
        assert_eq!(calls.lock().unwrap().len(), 4);
    }
}
